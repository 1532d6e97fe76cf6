"""`python -m benchmarks.reviews.contenders NAME`: one way to load activity and comments, in a process of its own."""

from __future__ import annotations

from typing import Any

from benchmarks.contenders import PULL_REQUESTS, load_by_connector, load_by_rest_api
from benchmarks.measuring import Bench, run_one

TABLES = ("pull_requests", "pull_request_activity", "pull_request_comments")
_OF_A_PULL_REQUEST = "pullrequests/{resources.pull_requests.id}"
_ACTIVITY: dict[str, Any] = {
    "name": "pull_request_activity",
    # a row has no key of its own (FACTS 3): the list of a pull request is read whole, and replaces what is stored of it
    "merge_key": "_pull_requests_id",
    "include_from_parent": ["id"],
    "endpoint": {"path": f"{_OF_A_PULL_REQUEST}/activity", "params": {"pagelen": 50}},
}
_COMMENTS: dict[str, Any] = {
    "name": "pull_request_comments",
    "primary_key": "id",
    "include_from_parent": ["id"],
    "endpoint": {"path": f"{_OF_A_PULL_REQUEST}/comments", "params": {"pagelen": 100}},
}


def connector(bench: Bench) -> None:
    """This connector, which reads the feed of the repository."""
    load_by_connector(bench, TABLES)


def rest_api(bench: Bench) -> None:
    """dlt's `rest_api`, which asks for the two lists of each pull request: its parent is what its users put there."""
    load_by_rest_api(bench, [PULL_REQUESTS, _ACTIVITY, _COMMENTS])


def rest_api_parquet(bench: Bench) -> None:
    """The same, by who knows that DuckDB takes Parquet faster than SQL."""
    load_by_rest_api(bench, [PULL_REQUESTS, _ACTIVITY, _COMMENTS], loader_file_format="parquet")


CONTENDERS = {function.__name__: function for function in (connector, rest_api, rest_api_parquet)}

if __name__ == "__main__":
    run_one(CONTENDERS, TABLES)
