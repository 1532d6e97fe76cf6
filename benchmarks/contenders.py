"""`python -m benchmarks.contenders NAME`: one way to load the two lists, measured in a process of its own.

Each contender does its work and returns nothing; how many rows came of it is counted afterwards, outside the
measured time.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import time
from collections.abc import Callable, Iterable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import requests

from benchmarks.work import REPOSITORY, TOKEN, WORKSPACE

Rows = dict[str, int]
TABLES = ("pull_requests", "commits", "commit_parents")
_DATASET = "raw"
_PAGELENS = {"pullrequests": 50, "commits": 100}
"""the longest pages Bitbucket gives (FACTS 1)"""
_STATES = ["OPEN", "MERGED", "DECLINED", "SUPERSEDED"]
"""without them the list shows open ones only"""


@dataclass(frozen=True)
class Bench:
    """Where answers come from, and a folder for what a contender makes of them."""

    server: str
    folder: Path

    @property
    def base_url(self) -> str:
        """Of the API."""
        return f"{self.server}/2.0"

    @property
    def database(self) -> Path:
        """The DuckDB file that a contender fills."""
        return self.folder / "warehouse.duckdb"

    def pages_on_disk(self, name: str) -> Path:
        """The folder of the bodies of a list, as it shows its objects without `fields`."""
        return self.folder.parent / name

    def asked_by(self, client: str) -> Path:
        """The file that names the targets a client asks for."""
        return self.folder.parent / f"{client}.json"


def rest_api_source(bench: Bench) -> Any:
    """dlt's `rest_api` source for the two lists, as its users write it."""
    from dlt.sources.rest_api import rest_api_source as source

    return source(
        {
            "client": {
                "base_url": f"{bench.base_url}/repositories/{WORKSPACE}/{REPOSITORY}/",
                "auth": {"type": "bearer", "token": TOKEN},
                "paginator": {"type": "json_link", "next_url_path": "next"},
            },
            "resource_defaults": {"write_disposition": "merge"},
            "resources": [
                {
                    "name": "pull_requests",
                    "primary_key": "id",
                    "endpoint": {
                        "path": "pullrequests",
                        "params": {"pagelen": _PAGELENS["pullrequests"], "state": _STATES},
                        "data_selector": "values",
                    },
                },
                {
                    "name": "commits",
                    "primary_key": "hash",
                    "endpoint": {
                        "path": "commits",
                        "params": {"pagelen": _PAGELENS["commits"]},
                        "data_selector": "values",
                    },
                },
            ],
        }
    )


def connector(bench: Bench) -> None:
    """This connector, slice after slice as `bitbucket-source sync` loads."""
    from bitbucket_source.load.pipeline import make_pipeline
    from bitbucket_source.load.slices import run_sync
    from bitbucket_source.source import make_session, selected_tables

    session = make_session(WORKSPACE, credentials=TOKEN, base_url=bench.base_url, repositories=[REPOSITORY])
    pipeline = make_pipeline(WORKSPACE, database=str(bench.database), dataset=_DATASET, pipelines_dir=str(bench.folder))
    result = run_sync(pipeline, session, selected_tables(TABLES))
    if result.exit_code:
        raise RuntimeError(f"The sync is not complete: {result.stopped} {result.troubles}")


def rest_api(bench: Bench) -> None:
    """dlt's `rest_api`."""
    import dlt

    pipeline = dlt.pipeline(
        "benchmark",
        destination=dlt.destinations.duckdb(str(bench.database)),
        dataset_name=_DATASET,
        pipelines_dir=str(bench.folder),
    )
    pipeline.run(rest_api_source(bench))


def read_json(bench: Bench) -> None:
    """DuckDB reading the same bodies from files, types found by itself."""
    import duckdb

    pages = {name: bench.pages_on_disk(name) / "*.json" for name in _PAGELENS}
    with closing(duckdb.connect(str(bench.database))) as connection:
        connection.execute(
            f"""
            create schema {_DATASET};
            create table {_DATASET}.pull_requests as
                select unnest("values", max_depth := 2) from read_json('{pages["pullrequests"]}');
            create table {_DATASET}.commits as
                select unnest("values", max_depth := 2) from read_json('{pages["commits"]}');
            create table {_DATASET}.commit_parents as
                select hash, unnest(parents, max_depth := 2) from {_DATASET}.commits;
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
    bench.asked_by("connector").write_text(json.dumps(_made(bench)))


def prepare_rest_api(bench: Bench) -> None:
    """Let all answers be made that `rest_api` asks for, and write the bodies to files."""
    before = set(_made(bench))
    with requests.Session() as session:
        for name, pagelen in _PAGELENS.items():
            params: dict[str, Any] = {"pagelen": pagelen} | ({"state": _STATES} if name == "pullrequests" else {})
            first = f"{bench.base_url}/repositories/{WORKSPACE}/{REPOSITORY}/{name}"
            url = requests.Request("GET", first, params=params).prepare().url
            bench.pages_on_disk(name).mkdir(parents=True)
            for number, body in enumerate(_bodies(session, url)):
                (bench.pages_on_disk(name) / f"{number:05}.json").write_bytes(body)
    bench.asked_by("rest_api").write_text(json.dumps([target for target in _made(bench) if target not in before]))


def _bodies(session: requests.Session, url: str | None) -> Iterable[bytes]:
    while url is not None:
        body = session.get(url, timeout=60).content
        yield body
        url = msgspec.json.decode(body).get("next")


def _made(bench: Bench) -> list[str]:
    made: list[str] = requests.get(f"{bench.server}/_made", timeout=60).json()
    return made


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


def rows_in(database: Path) -> Rows:
    """Rows of each table; the parents of commits are called after their commits by `rest_api`."""
    import duckdb

    if not database.exists():
        return {}
    with closing(duckdb.connect(str(database), read_only=True)) as connection:
        names = {name for (name,) in connection.execute("select table_name from duckdb_tables()").fetchall()}
        tables = {name: name if name in names else "commits__parents" for name in TABLES}
        counts = {
            name: connection.execute(f"select count(*) from {_DATASET}.{table}").fetchone()
            for name, table in tables.items()
        }
        return {name: count[0] for name, count in counts.items() if count is not None}


def peak_megabytes() -> float:
    """The most memory this process had at once."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    # kilobytes, but bytes on macOS
    return peak / 1e6 if sys.platform == "darwin" else peak * 1024 / 1e6


def main() -> None:
    """Does the work, and writes what it took to a file: seconds, seconds of CPU, megabytes, rows by table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.contenders", description=__doc__)
    parser.add_argument("name", choices=CONTENDERS)
    parser.add_argument("--server", required=True, help="where the answers are")
    parser.add_argument("--folder", type=Path, required=True, help="where the database goes")
    parser.add_argument("--result", type=Path, required=True, help="file for the measurement")
    given = parser.parse_args()
    bench = Bench(given.server, given.folder)
    bench.folder.mkdir(parents=True)
    made = len(_made(bench))
    start = time.perf_counter()
    cpu_start = time.process_time()
    CONTENDERS[given.name](bench)
    seconds, cpu_seconds = time.perf_counter() - start, time.process_time() - cpu_start
    measured = {
        "seconds": seconds,
        "cpu_seconds": cpu_seconds,
        "peak_megabytes": peak_megabytes(),
        "answers_made": len(_made(bench)) - made,
    }
    given.result.write_text(json.dumps(measured | {"rows": rows_in(bench.database)}))


if __name__ == "__main__":
    main()
