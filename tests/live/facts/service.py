"""The service as a whole: headers, refusals, what was removed, how times are written."""

from __future__ import annotations

import re
from collections.abc import Callable
from email.utils import parsedate_to_datetime

from requests import PreparedRequest
from requests.auth import AuthBase

from ..asking import Answer, Differs, Json, Untestable
from ..fact import Facts, dig, expect, some
from ..material import Material
from ..vocabulary import NO_NAME

facts = Facts()

_PYTHON = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?\+00:00")
_GIT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d")
_JAVA = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z")


class _Nobody(AuthBase):
    """Signs as nobody that there is."""

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        request.headers["Authorization"] = "Bearer nobody-has-this-token"
        return request


def _ordinary(bitbucket: Material) -> Answer:
    return bitbucket.ask(f"/repositories/{bitbucket.workspace}?sort=-updated_on&pagelen=100")


@facts.fact("9, 11.4", contested=True)
def the_issue_tracker_is_gone(bitbucket: Material) -> str:
    """Are the issues of a repository 410 or 404, after the tracker was removed?"""
    answer = bitbucket.ask(f"{bitbucket.reviewed.path}/issues?pagelen=1")
    expect(answer.status in (404, 410), "404 or 410", answer.problem)
    return answer.problem


@facts.fact("7, 11.1", contested=True)
def what_429_says(_bitbucket: Material) -> str:
    """Has a 429 a Retry-After, and is it JSON or text?"""
    raise Untestable("it would take the whole hourly quota")


@facts.fact("7", contested=True)
def headers_that_tell_the_quota(bitbucket: Material) -> str:
    """Which X-RateLimit headers come for these credentials?"""
    headers = _ordinary(bitbucket).headers
    told = sorted(f"{name}: {value}" for name, value in headers.items() if name.lower().startswith("x-ratelimit"))
    limit = headers.get("X-RateLimit-Limit")
    expect(limit is None or limit[:1].isdigit(), "a number as the limit", limit)
    return ", ".join(told) or "none"


@facts.fact("7")
def headers_that_tell_the_scopes(bitbucket: Material) -> str:
    """Every answer says which scopes the credentials have, which the endpoint takes, and the credentials' kind."""
    headers = _ordinary(bitbucket).headers
    wanted = ("X-OAuth-Scopes", "X-Accepted-OAuth-Scopes", "X-Credential-Type")
    missing = [name for name in wanted if not headers.get(name)]
    expect(not missing, ", ".join(wanted), f"without {', '.join(missing)}")
    return f"{headers['X-Credential-Type']} with {headers['X-OAuth-Scopes']}"


@facts.fact("7")
def the_date_of_an_answer(bitbucket: Material) -> None:
    """Every answer has a Date that can be read, by which the connector tells the time."""
    date = _ordinary(bitbucket).headers.get("Date", "")
    try:
        parsedate_to_datetime(date)
    except ValueError:
        raise Differs("a Date as in HTTP", repr(date)) from None


@facts.fact("7")
def an_unchanged_answer_is_304(bitbucket: Material) -> None:
    """An answer has an ETag; asked with If-None-Match it is 304 without a body."""
    target = f"/workspaces/{bitbucket.workspace}"
    etag = bitbucket.ask(target).headers.get("ETag")
    if etag is None:
        raise Differs("an ETag", "none")
    again = bitbucket.reader.get(target, unless=etag)
    expect(again.status == 304 and not again.text, "304 without a body", f"{again.status}, {len(again.text)} letters")


def _removed(path: str) -> Callable[[Material], None]:
    def check(bitbucket: Material) -> None:
        answer = bitbucket.ask(path)
        expect(answer.status == 410 and "CHANGE-2770" in answer.text, "410 CHANGE-2770", answer.problem)

    return check


for _path in ("/repositories", "/workspaces", "/user/permissions/repositories", "/user/permissions/workspaces"):
    facts.add(
        f"{_path[1:].replace('/', '-')}-was-removed", f"GET {_path} is 410 with CHANGE-2770.", "9", _removed(_path)
    )


@facts.fact("8")
def unknown_credentials_are_401(bitbucket: Material) -> None:
    """Credentials that are not known are 401, and are said to be invalid, expired or not supported."""
    answer = bitbucket.reader.get("/user", signed_by=_Nobody())
    expect(answer.status == 401, "401", answer.problem)
    told = "Token is invalid, expired, or not supported for this endpoint."
    expect(told in answer.text, told, answer.problem)


@facts.fact("8")
def a_missing_scope_is_named(bitbucket: Material) -> str:
    """A 403 for want of a scope has required and granted in error.detail."""
    refused = [each for each in bitbucket.reader.answers if each.status == 403 and "privilege scopes" in each.text]
    if not refused:
        raise Untestable("nothing was refused for want of a scope")
    for answer in refused:
        detail = dig(answer.json, "error.detail")
        named = isinstance(detail, dict) and {"required", "granted"} <= set(detail)
        expect(named, "required and granted in error.detail", answer.problem)
    return f"{len(refused)} such refusals"


def _written(rows: list[Json], paths: tuple[str, ...], form: re.Pattern[str], what: str) -> None:
    found = [text for row in rows for path in paths if (text := dig(row, path)) is not None]
    some([{"time": text} for text in found], "time")
    other = next((text for text in found if not (isinstance(text, str) and form.fullmatch(text))), None)
    expect(other is None, what, other)


@facts.fact("10")
def times_of_pull_requests_and_repositories(bitbucket: Material) -> None:
    """Times of pull requests, participants, comments, repositories have six digits or none after the second, +00:00."""
    paths = ("created_on", "updated_on")
    form = "2024-09-06T12:46:04.904351+00:00"
    _written(bitbucket.pull_requests, paths, _PYTHON, form)
    _written([each.row for each in bitbucket.repositories], paths, _PYTHON, form)
    _written(bitbucket.comments, paths, _PYTHON, form)
    people = [each for row in bitbucket.with_participants for each in row["participants"]]
    _written(people, ("participated_on",), _PYTHON, form)


@facts.fact("10")
def times_of_webhooks(bitbucket: Material) -> None:
    """created_at of webhooks ends in Z, with six or nine digits behind the second, trailing zeros trimmed."""
    rows = some(bitbucket.rows(f"{bitbucket.reviewed.path}/hooks?pagelen=100"), "webhook")
    _written(rows, ("created_at",), _JAVA, "2021-12-05T08:25:21.81136Z")


@facts.fact("10")
def times_of_commits(bitbucket: Material) -> None:
    """Dates of commits are whole seconds with an offset."""
    rows = bitbucket.rows(f"{bitbucket.reviewed.path}/commits?pagelen=100")
    _written(rows, ("date",), _GIT, "2024-09-06T12:46:04+00:00")


@facts.fact("10")
def times_of_pipelines_and_deployments(bitbucket: Material) -> None:
    """Times of pipelines, steps and deployments end in Z, with up to nine digits behind the second."""
    form = "2021-12-05T08:25:21.81136Z"
    _written(bitbucket.runs, ("created_on", "completed_on"), _JAVA, form)
    _written([step for _, step in bitbucket.tested_steps], ("started_on", "completed_on"), _JAVA, form)
    _written(bitbucket.deployments, ("state.started_on", "state.completed_on", "last_update_time"), _JAVA, form)


@facts.fact("8")
def an_address_that_does_not_exist_is_404(bitbucket: Material) -> None:
    """An address at which there is no API is 404 in JSON."""
    answer = bitbucket.ask(f"/repositories/{bitbucket.workspace}/{NO_NAME}/{NO_NAME}")
    if not answer.headers.get("Content-Type", "").startswith("application/json"):
        raise Untestable(f"no JSON but {answer.headers.get('Content-Type')}: pages of HTML occur too")
    expect(answer.status == 404, "404", answer.problem)
