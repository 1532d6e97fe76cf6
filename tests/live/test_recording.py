"""What --live-record keeps: nobody in it, and still the same facts."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
import requests
import vcr  # type: ignore[import-untyped]
import yaml
from requests.auth import HTTPBasicAuth

from bitbucket_emulator import Emulator, World

from .anonymous import API, Anonymizer
from .asking import Answer, Reader
from .fact import Finding, look
from .facts import FACTS
from .material import Material
from .recording import Tape
from .test_on_emulator import material
from .world import make_world

# told by an order of names or uuids, which replacing them loses, or by a request of another kind
NOT_REPLAYED = {
    "repositories-go-on-after-a-uuid", "branches-are-sorted-with-their-numbers", "branches-after-a-name-are-the-rest",
    "names-are-compared", "an-unchanged-answer-is-304", "unknown-credentials-are-401",
}  # fmt: skip
# words of Bitbucket's that people use as names too
ITS_OWN = {
    "build",
    "main",
    "master",
    "python",
    "go",
    "java",
    "kotlin",
    "typescript",
    "hcl",
    "test",
    "staging",
    "production",
}


@pytest.fixture(scope="module")
def world() -> World:
    return make_world()


@pytest.fixture(scope="module")
def recorded(world: World, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Finding]]:
    """The folder of cassettes, and what was found while they were recorded."""
    folder = tmp_path_factory.mktemp("cassettes")
    with Emulator(world) as emulator:
        found = material(emulator)
        tape = Tape(folder, emulator.base_url)
        found.reader.heard = tape.hear
        findings = {}
        for fact in FACTS:
            findings[fact.name] = look(fact, found)
            tape.save(fact.name)
    return folder, findings


@pytest.fixture(scope="module")
def interactions(recorded: tuple[Path, dict[str, Finding]]) -> list[dict[str, Any]]:
    """Requests and responses of all cassettes."""
    files = sorted(recorded[0].glob("*.yaml"))
    assert len(files) > 80
    return [each for file in files for each in yaml.load(file.read_text(), yaml.CSafeLoader)["interactions"]]


def strings(value: Any) -> Iterator[str]:
    """Every text in a value of JSON, keys too."""
    if isinstance(value, dict):
        for key, each in value.items():
            yield key
            yield from strings(each)
    elif isinstance(value, list):
        for each in value:
            yield from strings(each)
    elif isinstance(value, str):
        yield value


def identities(world: World) -> Iterator[str]:
    """Whatever could tell whose world this is."""
    for user in world.users.values():
        names = user.display_name.split() if user.kind == "user" else ()
        yield from (user.uuid.strip("{}"), user.nickname, user.display_name, *names, *map(str.lower, names))
        yield from [user.account_id] if user.account_id else []
    yield from world.emails
    for credential in world.credentials.values():
        yield from (credential.token, credential.email, credential.client_id or "")
    yield from (
        each for space in world.workspaces.values() for each in (space.uuid.strip("{}"), space.slug, space.name)
    )
    for project in world.projects.values():
        yield from (project.uuid.strip("{}"), project.key, project.name, project.description)
    for home in world.repositories.values():
        yield from (home.uuid.strip("{}"), home.slug, home.name, home.description, *home.branches, *home.tags)
        for entry in home.commits.values():
            yield from (entry.hash, entry.hash[:12], entry.message, entry.author_raw)
            yield from (change.path for change in entry.changes)
        for request in home.pull_requests.values():
            yield from (request.title, request.description)
            yield from (comment.content for comment in request.comments.values())
            yield from (task.content for task in request.tasks.values())
        for run in home.pipelines.values():
            yield run.uuid.strip("{}")
            for step in run.steps:
                yield from (step.uuid.strip("{}"), step.name)
                yield from (each for case in step.tests or () for each in (case.uuid, case.name, case.package_name))
        yield from (each.uuid.strip("{}") for each in home.deployments.values())


def test_no_cassette_tells_whose_it_is(interactions: list[dict[str, Any]], world: World) -> None:
    whole: set[str] = set()
    for each in interactions:
        whole.add(unquote(each["request"]["uri"]))
        whole.update(value for values in each["response"]["headers"].values() for value in values)
        whole.update(strings(_json(each["response"]["body"]["string"])))
    words = {word for each in whole for word in re.split(r"[^\w-]+", each)}
    text = "\n".join(whole)
    names = {name for name in identities(world) if name and name.lower() not in ITS_OWN}
    assert len(names) > 3_000
    # a short name may be part of a word that is nobody's: it must not stand by itself
    told = {name for name in names if (name in text if len(name) > 8 else name in words or name in whole)}
    assert told == set()


def _json(body: str) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return body


def test_no_cassette_holds_a_header_of_a_request(interactions: list[dict[str, Any]]) -> None:
    assert {each["request"]["method"] for each in interactions} == {"GET"}
    assert [each["request"]["headers"] for each in interactions if each["request"]["headers"]] == []


def test_no_cassette_names_a_machine(recorded: tuple[Path, dict[str, Finding]]) -> None:
    text = "".join(file.read_text() for file in recorded[0].glob("*.yaml"))
    hosts = set(re.findall(r"https?://([^/:\s\"'\\]+)", text))
    # the last one stands in Bitbucket's own message about an address that it does not know
    assert hosts == {"api.bitbucket.org", "nowhere.example", "developer.atlassian.com"}


def answers_of(interactions: list[dict[str, Any]]) -> Iterator[Answer]:
    for each in interactions:
        response = each["response"]
        headers = requests.structures.CaseInsensitiveDict({name: got[0] for name, got in response["headers"].items()})
        target = each["request"]["uri"].removeprefix(API)
        yield Answer(target, response["status"]["code"], headers, response["body"]["string"])


def test_the_cassettes_tell_the_same_facts(
    recorded: tuple[Path, dict[str, Finding]], interactions: list[dict[str, Any]]
) -> None:
    _, findings = recorded
    answers = list(answers_of(interactions))
    ordinary = [each for each in answers if each.status not in (304, 401)]
    workspace = next(each.target for each in answers if "/pullrequests" in each.target).split("/")[2]
    reader = Reader(API, lambda: HTTPBasicAuth("nobody", ""), 0, known=ordinary)
    outcomes = {fact.name: look(fact, Material(reader, workspace)).outcome for fact in FACTS}
    changed = {
        name: (finding.outcome, outcomes[name])
        for name, finding in findings.items()
        if finding.outcome != outcomes[name] and name not in NOT_REPLAYED
    }
    assert changed == {}


def test_vcrpy_replays_a_cassette(recorded: tuple[Path, dict[str, Finding]]) -> None:
    file = recorded[0] / "repositories-was-removed.yaml"
    with vcr.use_cassette(str(file), record_mode="none") as cassette:
        answer = requests.get(f"{API}/repositories", timeout=5)
    assert answer.status_code == 410
    assert "CHANGE-2770" in answer.json()["error"]["message"]
    assert cassette.all_played


@pytest.fixture
def anonymizer() -> Anonymizer:
    return Anonymizer("https://api.bitbucket.org/2.0")


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("2024-09-06T12:46:04.904351+00:00", r"\d{4}-\d\d-\d\dT\d\d:46:04\.904351\+00:00"),
        ("2021-12-05T08:25:21.81136Z", r"\d{4}-\d\d-\d\dT\d\d:25:21\.81136Z"),
        (
            "{f393aeeb-102f-51a0-837e-6e4fbbf997f4}",
            r"\{[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}\}",
        ),
        ("a1b2c3d4e5f6", "[0-9a-f]{12}"),
        ("Ada Byte <ada@example.com>", r"text-[0-9a-f]{10} <person-[0-9a-f]{10}@example\.org>"),
        ("feature/gift-cards", "text-[0-9a-f]{10}/text-[0-9a-f]{10}"),
        ("Gift cards, taxed/untaxed", "text-[0-9a-f]{10}"),
        ("https://bitbucket.org/acme/web", r"https://nowhere\.example/page-[0-9a-f]{10}"),
        ("", ""),
    ],
)
def test_a_text_is_replaced_in_its_form(anonymizer: Anonymizer, text: str, form: str) -> None:
    made = anonymizer.text(text)
    assert re.fullmatch(form, made)
    assert text == "" or made != text
    assert made == anonymizer.text(text), "the same by the same"
    assert text == "" or Anonymizer(API).text(text) != made, "by another in another run"


def test_twelve_digits_begin_the_forty(anonymizer: Anonymizer) -> None:
    assert anonymizer.text("0123456789ab" * 3 + "cdef").startswith(anonymizer.text("0123456789ab"))


def test_times_keep_their_distances(anonymizer: Anonymizer) -> None:
    body = anonymizer.body('["2024-02-28T23:00:00+00:00", "2024-03-01T01:00:00Z"]')
    first, second = (re.sub(r"(Z|\+00:00)$", "", text) for text in json.loads(body))
    assert datetime.fromisoformat(second) - datetime.fromisoformat(first) == timedelta(hours=26)


def test_only_known_words_stay(anonymizer: Anonymizer) -> None:
    row = {
        "type": "pullrequest",
        "state": "OPEN",
        "title": "OPEN",
        "name": "SUCCESSFUL",
        "status": {"name": "SUCCESSFUL"},
        "labels": {"team": "blue"},
        "error": {"message": "No workspace with identifier 'acme'."},
        "id": 7,
        "draft": False,
        "merge_commit": None,
    }
    made = json.loads(anonymizer.body(json.dumps(row)))
    assert made["title"] != "OPEN"
    assert made["name"] != "SUCCESSFUL"
    assert "team" not in made["labels"]
    assert "acme" not in made["error"]["message"]
    kept = ("type", "state", "status", "id", "draft", "merge_commit")
    assert {name: made[name] for name in kept} == {name: row[name] for name in kept}


def test_an_address_keeps_what_is_bitbuckets(anonymizer: Anonymizer) -> None:
    made = anonymizer.address(
        f"{API}/repositories/acme/web/pullrequests?q=title%3D%22Gift%22%20AND%20state%3D%22OPEN%22&pagelen=50&mine=Ada"
    )
    assert re.fullmatch(
        rf"{API}/repositories/(text-\w+)/(text-\w+)/pullrequests"
        r"\?q=title%3D%22text-\w+%22%20AND%20state%3D%22OPEN%22&pagelen=50&parameter-\w+=text-\w+",
        made,
    ), made
