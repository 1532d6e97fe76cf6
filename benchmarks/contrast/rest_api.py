"""dlt's `rest_api` source for a workspace, as a careful user writes it from dlt's documentation.

All seven lists in one source; children depend on the repositories and carry their uuid, keys hold it too, so that a
fork's commits and pull requests of the same number stay apart; the longest pages Bitbucket gives; pull requests of all
states; a 404 of an empty repository is ignored.

- `incremental_source` merges on the keys. Pull requests have a cursor on `updated_on`, which Bitbucket filters by, with
  five minutes of lag. Pipelines have one on `created_on`, by which Bitbucket does not filter: it saves the request for
  the steps of each older run, and has a lag of a day, because runs finish later than they begin. Everything else is
  read whole on every load, the repositories too: with a cursor on theirs, `rest_api` would not look into a repository
  in which only pull requests moved. Commits are read whole because no cursor on their date finds late ones.
  Replacing those tables instead of merging would take away what is deleted, at the same price; who does so ends at
  most as many histories equal as end equal here when rows too many are forgiven.
- `whole_source` has no cursor and replaces all tables. It cannot be wrong about a world that stands still; its price
  are the requests.
"""

from __future__ import annotations

from typing import Any

from dlt.sources.rest_api import rest_api_source

from benchmarks.work import TOKEN, WORKSPACE

COLUMNS = {
    "repositories": (("uuid",), ("slug",)),
    "branches": (("_repositories_uuid", "name"), ("target__hash",)),
    "tags": (("_repositories_uuid", "name"), ("target__hash",)),
    "commits": (("_repositories_uuid", "hash"), ()),
    "pull_requests": (("_repositories_uuid", "id"), ("title", "state", "updated_on")),
    "pipelines": (("_repositories_uuid", "uuid"), ("state__name", "state__result__name")),
    "pipeline_steps": (
        ("_pipelines__repositories_uuid", "_pipelines_uuid", "uuid"),
        ("state__name", "state__result__name"),
    ),
}
"""table -> its key and the other compared columns, as `rest_api` names them"""
_STATES = ["OPEN", "MERGED", "DECLINED", "SUPERSEDED"]
"""without them the list shows open ones only"""
_IGNORED = [{"status_code": 404, "action": "ignore"}]


def incremental_source(base_url: str) -> Any:
    """Cursors where Bitbucket's objects offer one, and merge."""
    lists = _lists()
    lists["pull_requests"]["endpoint"]["params"]["q"] = 'updated_on>="{incremental.start_value}"'
    lists["pull_requests"]["endpoint"]["incremental"] = {
        "cursor_path": "updated_on",
        "initial_value": "1970-01-01T00:00:00+00:00",
        "lag": 300,
    }
    lists["pipelines"]["endpoint"]["incremental"] = {
        "cursor_path": "created_on",
        "initial_value": "1970-01-01T00:00:00Z",
        "lag": 86_400,
    }
    return _source(base_url, lists, "merge")


def whole_source(base_url: str) -> Any:
    """Everything, every time."""
    return _source(base_url, _lists(), "replace")


def _source(base_url: str, lists: dict[str, dict[str, Any]], write_disposition: str) -> Any:
    config: Any = {
        "client": {
            "base_url": f"{base_url}/repositories/",
            "auth": {"type": "bearer", "token": TOKEN},
            "paginator": {"type": "json_link", "next_url_path": "next"},
        },
        "resource_defaults": {"write_disposition": write_disposition, "endpoint": {"data_selector": "values"}},
        "resources": [{"name": name, **given} for name, given in lists.items()],
    }
    return rest_api_source(config)


def _lists() -> dict[str, dict[str, Any]]:
    return {
        "repositories": {"primary_key": "uuid", "endpoint": {"path": WORKSPACE, "params": {"pagelen": 100}}},
        "branches": _of_repository("refs/branches", "name", pagelen=100),
        "tags": _of_repository("refs/tags", "name", pagelen=100),
        "commits": _of_repository("commits", "hash", pagelen=100),
        "pull_requests": _of_repository("pullrequests", "id", pagelen=50, state=_STATES),
        "pipelines": _of_repository("pipelines/", "uuid", pagelen=100),
        "pipeline_steps": {
            "primary_key": ["_pipelines_uuid", "uuid"],
            "include_from_parent": ["uuid", "_repositories_uuid"],
            "endpoint": {
                "path": f"{WORKSPACE}/{{resources.pipelines._repositories_uuid}}/pipelines/"
                "{resources.pipelines.uuid}/steps/",
                "params": {"pagelen": 100},
            },
        },
    }


def _of_repository(path: str, key: str, **params: Any) -> dict[str, Any]:
    return {
        "primary_key": ["_repositories_uuid", key],
        "include_from_parent": ["uuid"],
        "endpoint": {
            "path": f"{WORKSPACE}/{{resources.repositories.uuid}}/{path}",
            "params": params,
            "response_actions": _IGNORED,
        },
    }
