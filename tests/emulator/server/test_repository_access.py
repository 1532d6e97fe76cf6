"""Repositories that move, hide, are blocked or go away, and how they are addressed (FACTS 9, 10)."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from bitbucket_emulator import Emulator
from bitbucket_emulator.world.actions import (
    block_repository,
    create_repository,
    delete_repository,
    hide_repository,
    push,
    rename_repository,
    show_repository,
)
from bitbucket_emulator.world.model import Repository

from ..client import API, Client


@pytest.fixture
def web(emulator: Emulator) -> Repository:
    return next(iter(emulator.world.repositories.values()))


def test_by_slug_and_by_uuid(emulator: Emulator, client: Client, web: Repository) -> None:
    whole = client.json("")
    space = emulator.world.workspace.uuid
    for path in (f"acme/{web.uuid}", f"{space}/web", f"{space}/{web.uuid}", f"{{}}/{web.uuid}", "acme/WEB"):
        assert client.json(f"/repositories/{path}") == whole, path
    assert client.error("/repositories/{}/web")[0] == 404
    assert client.error(f"/repositories/elsewhere/{web.uuid}")[0] == 404


def test_the_whole_object(emulator: Emulator, client: Client, web: Repository) -> None:
    space, shop = emulator.world.workspace, emulator.world.projects[web.project or ""]
    base, page = f"{API}/repositories/acme/web", "https://bitbucket.org/acme/web"
    uuid, space_uuid = (each.replace("{", "%7B").replace("}", "%7D") for each in (web.uuid, space.uuid))
    short_space = client.json("/workspaces/acme?fields=type,uuid,name,slug,links.avatar,links.html,links.self")
    whole = client.json("")
    assert whole.pop("project").keys() == {"type", "key", "uuid", "name", "links"}
    assert shop.key == "SHOP"
    assert whole == {
        "type": "repository",
        "full_name": "acme/web",
        "links": {
            "self": {"href": base},
            "html": {"href": page},
            "avatar": {"href": f"https://bytebucket.org/ravatar/{uuid}?ts=default"},
            "pullrequests": {"href": f"{base}/pullrequests"},
            "commits": {"href": f"{base}/commits"},
            "forks": {"href": f"{base}/forks"},
            "watchers": {"href": f"{base}/watchers"},
            "branches": {"href": f"{base}/refs/branches"},
            "tags": {"href": f"{base}/refs/tags"},
            "downloads": {"href": f"{base}/downloads"},
            "source": {"href": f"{base}/src"},
            "clone": [
                {"name": "https", "href": "https://acme@bitbucket.org/acme/web.git"},
                {"name": "ssh", "href": "git@bitbucket.org:acme/web.git"},
            ],
            "hooks": {"href": f"{base}/hooks"},
        },
        "name": "Web",
        "slug": "web",
        "description": "",
        "scm": "git",
        "website": None,
        "owner": {
            "display_name": space.name,
            "links": {
                "self": {"href": f"{API}/workspaces/{space_uuid}"},
                "avatar": {"href": "https://bitbucket.org/account/acme/avatar/"},
                "html": {"href": f"https://bitbucket.org/{space_uuid}/"},
            },
            "type": "team",
            "uuid": space.uuid,
            "username": "acme",
        },
        "workspace": short_space,
        "is_private": True,
        "fork_policy": "no_public_forks",
        "created_on": whole["created_on"],
        "updated_on": whole["updated_on"],
        "size": web.size,
        "language": "",
        "uuid": web.uuid,
        "mainbranch": {"name": "main", "type": "branch"},
        "override_settings": {"default_merge_strategy": False, "branching_model": False},
        "parent": None,
        "enforced_signed_commits": None,
        "has_issues": False,
        "has_wiki": False,
    }


def test_a_renamed_repository_redirects_from_its_old_slug(emulator: Emulator, client: Client, web: Repository) -> None:
    rename_repository(emulator.world, "web", "website")
    response = client.get('pullrequests?q=state="OPEN"')
    assert response.status_code == 301
    target = response.headers["Location"].replace(emulator.base_url, API)
    assert target == f"{API}/repositories/acme/website/pullrequests?q=state%3D%22OPEN%22"
    assert client.get(target).status_code == 200
    assert client.get(f"/repositories/acme/{web.uuid}/pullrequests").status_code == 200
    workspace = quote(web.workspace)
    escaped = client.get(f"/repositories/{workspace}/web/refs/branches/a%2Fb")
    assert escaped.headers["Location"] == client.url("/repositories/acme/website/refs/branches/a%2Fb")
    assert client.get(f"/repositories/{workspace}/web").headers["Location"] == client.url("/repositories/acme/website")


def test_another_repository_may_take_the_old_slug(emulator: Emulator, client: Client, web: Repository) -> None:
    rename_repository(emulator.world, "web", "website")
    other = create_repository(emulator.world, "web", name="Another")
    assert client.json("?fields=uuid") == {"uuid": other.uuid}
    assert client.json(f"/repositories/acme/{web.uuid}?fields=slug") == {"slug": "website"}


def test_hidden_from_one_credential(emulator: Emulator, client: Client, web: Repository) -> None:
    other = Client(emulator, token="emulator-repository-token")
    hide_repository(emulator.world, "web", credential="workspace")
    assert client.values("/repositories/acme", "slug") == []
    assert client.error("")[0] == client.error("pullrequests")[0] == 404
    assert other.values("/repositories/acme", "slug") == ["web"]
    show_repository(emulator.world, web.uuid, credential="workspace")
    assert client.values("/repositories/acme", "slug") == ["web"]


@pytest.mark.parametrize("status", [403, 404, 410])
def test_listed_and_yet_refused(emulator: Emulator, client: Client, status: int) -> None:
    block_repository(emulator.world, "web", status)
    assert client.values("/repositories/acme", "slug") == ["web"]
    assert client.get("").status_code == 200
    for path in ("pullrequests", "commits", "refs/branches", "pipelines", "deployments", "hooks", "commits/main"):
        assert client.get(path).status_code == status, path


def test_deleted(emulator: Emulator, client: Client) -> None:
    delete_repository(emulator.world, "web")
    assert client.values("/repositories/acme", "slug") == []
    assert client.error("")[0] == 404


def test_listing_filters_and_sorts(emulator: Emulator, client: Client, web: Repository) -> None:
    world = emulator.world
    for slug in ("api", "app"):
        create_repository(world, slug, name=slug.upper(), project="PAY")
    push(world, "api", "main", "ada", at="2026-12-01T10:00:00Z")
    assert client.values("/repositories/acme?sort=created_on", "slug") == ["web", "api", "app"]
    assert client.values('/repositories/acme?q=project.key="PAY"&sort=slug', "slug") == ["api", "app"]
    assert client.values("/repositories/acme?sort=-updated_on", "slug")[0] == "api"
    assert client.values('/repositories/acme?q=updated_on>="2026-12-01"', "slug") == ["api"]
    assert client.values(f'/repositories/acme?q=uuid>"{web.uuid}"&sort=uuid', "uuid") == sorted(
        each for each in world.repositories if each > web.uuid
    )
    assert client.values("/repositories/acme?role=member&sort=created_on", "slug") == ["web", "api", "app"]
    assert client.error("/repositories/acme?role=king")[0] == 400


def test_keyset_by_uuid_reads_every_repository_once(emulator: Emulator, client: Client, web: Repository) -> None:
    for number in range(6):
        create_repository(emulator.world, f"service-{number}")
    create_repository(emulator.world, "secret")
    hide_repository(emulator.world, "secret")
    found: list[str] = []
    address = "/repositories/acme?sort=uuid&pagelen=2"
    while page := client.json(address)["values"]:
        found += [row["uuid"] for row in page]
        address = f'/repositories/acme?sort=uuid&pagelen=2&q=uuid>"{found[-1]}"'
    visible = {each.uuid for each in emulator.world.repositories.values() if each.slug != "secret"}
    assert web.uuid in visible
    assert found == sorted(visible)


def test_a_workspace_of_nobody(client: Client) -> None:
    assert client.error("/repositories/nowhere")[0] == 404
    assert client.error("/workspaces/nowhere")[0] == 404
