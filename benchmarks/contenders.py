"""`python -m benchmarks.contenders NAME`: one way to load the two lists, measured in a process of its own."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec
import requests

from benchmarks.measuring import DATASET, Bench, made, run_one
from benchmarks.work import REPOSITORY, TOKEN, WORKSPACE

TABLES = ("pull_requests", "commits", "commit_parents")
_PAGELENS = {"pullrequests": 50, "commits": 100}
"""the longest pages Bitbucket gives (FACTS 1)"""
_STATES = ["OPEN", "MERGED", "DECLINED", "SUPERSEDED"]
"""without them the list shows open ones only"""
PULL_REQUESTS: dict[str, Any] = {
    "name": "pull_requests",
    "primary_key": "id",
    "endpoint": {"path": "pullrequests", "params": {"pagelen": _PAGELENS["pullrequests"], "state": _STATES}},
}
"""as `rest_api` is told of them"""
_COMMITS: dict[str, Any] = {
    "name": "commits",
    "primary_key": "hash",
    "endpoint": {"path": "commits", "params": {"pagelen": _PAGELENS["commits"]}},
}


def connector(bench: Bench) -> None:
    """This connector."""
    load_by_connector(bench, TABLES)


def rest_api(bench: Bench) -> None:
    """dlt's `rest_api`."""
    load_by_rest_api(bench, [PULL_REQUESTS, _COMMITS])


def load_by_connector(bench: Bench, tables: Sequence[str]) -> None:
    """Load tables of the repository slice after slice, as `bitbucket-source sync` does."""
    from bitbucket_source.load.pipeline import make_pipeline
    from bitbucket_source.load.slices import run_sync
    from bitbucket_source.source import make_session, selected_tables

    session = make_session(WORKSPACE, credentials=TOKEN, base_url=bench.base_url, repositories=[REPOSITORY])
    pipeline = make_pipeline(WORKSPACE, database=str(bench.database), dataset=DATASET, pipelines_dir=str(bench.folder))
    result = run_sync(pipeline, session, selected_tables(tables))
    if result.exit_code:
        raise RuntimeError(f"The sync is not complete: {result.stopped} {result.troubles}")


def load_by_rest_api(bench: Bench, resources: Sequence[dict[str, Any]], **settings: Any) -> None:
    """Load lists of the repository with dlt's `rest_api` source, as its users write it; `settings` are those of `run`.

    By default dlt sends DuckDB the rows as SQL text, `insert values`.
    """
    import dlt
    from dlt.sources.rest_api import rest_api_source

    pipeline = dlt.pipeline(
        "benchmark",
        destination=dlt.destinations.duckdb(str(bench.database)),
        dataset_name=DATASET,
        pipelines_dir=str(bench.folder),
    )
    config: Any = {
        "client": {
            "base_url": f"{bench.base_url}/repositories/{WORKSPACE}/{REPOSITORY}/",
            "auth": {"type": "bearer", "token": TOKEN},
            "paginator": {"type": "json_link", "next_url_path": "next"},
        },
        "resource_defaults": {"write_disposition": "merge", "endpoint": {"data_selector": "values"}},
        "resources": list(resources),
    }
    pipeline.run(rest_api_source(config), **settings)


def read_json(bench: Bench) -> None:
    """DuckDB reading the same bodies from files, types found by itself."""
    import duckdb

    pages = {name: bench.pages_on_disk(name) / "*.json" for name in _PAGELENS}
    with closing(duckdb.connect(str(bench.database))) as connection:
        connection.execute(
            f"""
            create schema {DATASET};
            create table {DATASET}.pull_requests as
                select unnest("values", max_depth := 2) from read_json('{pages["pullrequests"]}');
            create table {DATASET}.commits as
                select unnest("values", max_depth := 2) from read_json('{pages["commits"]}');
            create table {DATASET}.commit_parents as
                select hash, unnest(parents, max_depth := 2) from {DATASET}.commits;
            """
        )


def connector_floor(bench: Bench) -> None:
    """Asking what the connector asks, and decoding it."""
    _ask_and_decode(bench, bench.asked_by("connector"))


def rest_api_floor(bench: Bench) -> None:
    """Asking what `rest_api` asks, and decoding it."""
    _ask_and_decode(bench, bench.asked_by("rest_api"))


def read_json_floor(bench: Bench) -> None:
    """Reading the files and decoding them."""
    for name in _PAGELENS:
        for path in sorted(bench.pages_on_disk(name).iterdir()):
            msgspec.json.decode(path.read_bytes())


def _ask_and_decode(bench: Bench, targets: Path) -> None:
    with requests.Session() as session:
        for target in json.loads(targets.read_bytes()):
            msgspec.json.decode(session.get(bench.server + target, timeout=60).content)


def prepare_connector(bench: Bench) -> None:
    """Let all answers be made that the connector asks for, by a sync: where its slices begin is in the URLs."""
    connector(bench)
    bench.asked_by("connector").write_text(json.dumps(made(bench)))


def prepare_rest_api(bench: Bench) -> None:
    """Let all answers be made that `rest_api` asks for, and write the bodies to files."""
    before = set(made(bench))
    with requests.Session() as session:
        for name, pagelen in _PAGELENS.items():
            params: dict[str, Any] = {"pagelen": pagelen} | ({"state": _STATES} if name == "pullrequests" else {})
            first = f"{bench.base_url}/repositories/{WORKSPACE}/{REPOSITORY}/{name}"
            url = requests.Request("GET", first, params=params).prepare().url
            bench.pages_on_disk(name).mkdir(parents=True)
            for number, body in enumerate(_bodies(session, url)):
                (bench.pages_on_disk(name) / f"{number:05}.json").write_bytes(body)
    bench.asked_by("rest_api").write_text(json.dumps([target for target in made(bench) if target not in before]))


def _bodies(session: requests.Session, url: str | None) -> Iterable[bytes]:
    while url is not None:
        body = session.get(url, timeout=60).content
        yield body
        url = msgspec.json.decode(body).get("next")


CONTENDERS: dict[str, Callable[[Bench], None]] = {
    function.__name__: function
    for function in (
        connector,
        rest_api,
        read_json,
        connector_floor,
        rest_api_floor,
        read_json_floor,
        prepare_connector,
        prepare_rest_api,
    )
}


if __name__ == "__main__":
    run_one(CONTENDERS, TABLES)
