"""What syncs cost in requests, beside the least that the API allows: `python -m benchmarks.costs [--large]`.

Requests are counted by the emulator; they do not depend on the machine. Seconds do.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import dlt
import duckdb

from bitbucket_emulator import Emulator, generate_world
from bitbucket_emulator.world import actions, graph
from bitbucket_emulator.world.model import DAY, Repository, World
from bitbucket_source.garbage import seldom_collected
from bitbucket_source.load.database import Database
from bitbucket_source.load.pipeline import make_pipeline
from bitbucket_source.load.slices import SyncResult, run_sync
from bitbucket_source.load.stored import stored_cursors
from bitbucket_source.source import make_session, selected_tables

WORKSPACE = "acme"
ADMIN = {"email": "admin@example.org", "api_token": "emulator-api-token"}
CLASSES = {
    "the workspace": ("/workspaces/acme",),
    "repositories": ("/repositories/acme",),
    "projects, members": ("/projects", "/members"),
    "pull requests": ("/pullrequests",),
    "their activity": ("/pullrequests/activity",),
    "their files": (),
    "their commits": (),
    "pipelines": ("/pipelines/",),
    "steps": ("/steps/",),
    "branches, tags": ("/refs/branches", "/refs/tags"),
    "commits": ("/commits",),
    "environments, deployments": ("/environments/", "/deployments/"),
    "single objects": (),
}
"""How endpoints are told apart, by their ends"""


@dataclass(frozen=True)
class Size:
    """A workspace to be synced."""

    name: str
    repositories: int
    scale: float
    commits: int
    """at least so many in all"""


SMALL = Size("20 repositories", 20, 2.0, 20_000)
LARGE = Size("1,000 repositories", 1000, 1.0, 0)


def main() -> None:
    """Sync a workspace again and again, with nothing or little changed between, and print what each sync cost."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.costs", description=__doc__)
    parser.add_argument("--large", action="store_true", help="1,000 repositories instead of 20")
    size = LARGE if parser.parse_args().large else SMALL
    world = make_world(size)
    print(f"## {size.name}: {describe(world)}\n")
    with tempfile.TemporaryDirectory() as directory, Emulator(world) as bitbucket:
        syncs = Syncs(bitbucket, Path(directory))
        print("| sync | requests | of them | least | ratio | seconds | rows written | bytes of bookkeeping |")
        print("|---|---:|---|---:|---:|---:|---:|---:|")
        print(syncs.line("full", full_floor(world)))
        print(syncs.line("idle", idle_floor(world)))
        syncs.let_a_day_pass()
        print(syncs.line("idle, with the audit's 5 %", idle_floor(world), audit_requests="5%"))
        changed = change_five(world, bitbucket)
        print(syncs.line("5 repositories changed", idle_floor(world) + changed))
        print(syncs.line("idle again", idle_floor(world)))
        print(f"\nReading the bookkeeping back: {syncs.seconds_to_read_cursors():.2f} s")


def make_world(size: Size) -> World:
    """The workspace, with long histories where the company's own are too short."""
    world = generate_world(seed=5, repositories=size.repositories, people=20, years=2, scale=size.scale)
    lacking = size.commits - sum(len(list(graph.log(each))) for each in world.repositories.values())
    author = next(user.uuid for user in world.users.values() if user.kind == "user")
    active = [each for each in world.repositories.values() if each.branches][:10]
    for repository in active if lacking > 0 else ():
        actions.push(world, repository, "imported", author, commits=lacking // len(active))
    return world


def describe(world: World) -> str:
    """How much is in the workspace."""
    repositories = world.repositories.values()
    counts = {
        "pull requests": sum(len(each.pull_requests) for each in repositories),
        "commits": sum(len(list(graph.log(each))) for each in repositories),
        "pipelines": sum(len(each.pipelines) for each in repositories),
    }
    return ", ".join(f"{count:,} {name}" for name, count in counts.items())


def full_floor(world: World) -> int:
    """A request for each page of each list of the default tables, and one for what hangs below a single object.

    Those are the steps of each run, the files of each pull request, and the commits of those whose source no branch
    reaches any more: only Bitbucket knows them.
    """
    return 3 + pages(len(world.repositories), 100) + sum(_floor(each) for each in world.repositories.values())


def _floor(repository: Repository) -> int:
    lists = pages(len(repository.pull_requests), 50) + pages(len(repository.pipelines), 100)
    lists += pages(len(repository.branches), 100) + pages(len(repository.tags), 100)
    lists += pages(len(repository.environments), 100) + pages(len(repository.deployments), 100)
    commits = len(list(graph.log(repository)))
    lists += pages(commits, 100) if commits else 0
    requests = repository.pull_requests.values()
    lists += pages(sum(len(each.events) + len(each.comments) for each in requests), 50) if requests else 0
    reached = graph.reachable(repository, graph.heads(repository))
    return lists + len(repository.pipelines) + sum(1 if each.source_hash in reached else 2 for each in requests)


def idle_floor(world: World) -> int:
    """What nothing new costs at least.

    Three for the workspace, one per hundred repositories, two per repository, a third where something was deployed
    within 90 days, and the runs that are not finished.
    """
    running = sum(
        run.state != "COMPLETED" and run.stage not in {"PAUSED", "HALTED"}
        for repository in world.repositories.values()
        for run in repository.pipelines.values()
    )
    lately = world.clock - 90 * DAY
    deploying = sum(
        any((each.started_on or each.last_update_time) > lately for each in repository.deployments.values())
        for repository in world.repositories.values()
    )
    return 3 + pages(len(world.repositories), 100) + 2 * len(world.repositories) + deploying + running


def pages(rows: int, length: int) -> int:
    """Pages of a list: an empty one takes a request too."""
    return max(1, -(-rows // length))


def change_five(world: World, bitbucket: Emulator) -> int:
    """Five small changes in five repositories; returns the requests that reading them takes at least."""
    author = next(user.nickname for user in world.users.values() if user.kind == "user")
    homes = [each for each in world.repositories.values() if each.pull_requests and each.mainbranch][:5]
    for repository in homes[:2]:
        bitbucket.act("push", repository=repository.slug, branch="small-change", author=author, commits=2)
    for repository in homes[2:4]:
        request = next(iter(repository.pull_requests.values()))
        bitbucket.act("comment", repository=repository.slug, pull_request=request.id, user=author, text="Hm")
    bitbucket.act("run_pipeline", repository=homes[4].slug, creator=author)
    # branches, tags and commits of a push; the steps of a run
    return 2 * 3 + 1


@dataclass
class Syncs:
    """Syncs of one workspace into one file."""

    bitbucket: Emulator
    directory: Path

    @property
    def database(self) -> Path:
        """DuckDB's file."""
        return self.directory / "bitbucket.duckdb"

    def line(self, name: str, least: int, *, audit_requests: str = "0") -> str:
        """Sync, and say what it cost as a line of the table."""
        before = self._bookkeeping_bytes()
        started = time.perf_counter()
        result, classes = self._sync(audit_requests)
        seconds = time.perf_counter() - started
        written = self._bookkeeping_bytes() - before
        of_them = ", ".join(f"{what} {count:,}" for what, count in classes.items() if count)
        rows = sum(result.rows.values())
        return (
            f"| {name} | {result.requests:,} | {of_them} | {least:,} | {result.requests / least:.2f} "
            f"| {seconds:.1f} | {rows:,} | {written:,} |"
        )

    def let_a_day_pass(self) -> None:
        """Make the audit believe that nothing was verified for long."""
        with duckdb.connect(str(self.database)) as connection:
            old = "regexp_replace(audit::text, '20[0-9]{2}-', '2001-', 'g')::json"
            connection.execute(f"update bitbucket_raw.sync_runs set audit = {old}")

    def seconds_to_read_cursors(self) -> float:
        """How long it takes until the cursors of all repositories and tables are there."""
        # as in a sync: the collector would walk the emulator's whole world while they are read
        with closing(Database(self._pipeline())) as database, seldom_collected():
            database.rows("select 1")
            started = time.perf_counter()
            assert stored_cursors(database).stored
            return time.perf_counter() - started

    def _sync(self, audit_requests: str) -> tuple[SyncResult, dict[str, int]]:
        self.bitbucket.clear_requests()
        session = make_session(
            WORKSPACE, base_url=self.bitbucket.base_url, credentials=ADMIN, audit_requests=audit_requests
        )
        result = run_sync(self._pipeline(), session, selected_tables(None))
        assert result.exit_code == 0, result
        counted = Counter(_class_of(entry.path) for entry in self.bitbucket.requests)
        return result, {name: counted[name] for name in CLASSES}

    def _pipeline(self) -> dlt.Pipeline:
        return make_pipeline(WORKSPACE, database=str(self.database), pipelines_dir=str(self.directory / "pipelines"))

    def _bookkeeping_bytes(self) -> int:
        """The texts in the tables of bookkeeping, dlt's own included: what a run adds to them it has written."""
        if not self.database.exists():
            return 0
        with duckdb.connect(str(self.database), read_only=True) as connection:
            return sum(_bytes_of(connection, table) for table in _bookkeeping_tables(connection))


def _bookkeeping_tables(connection: duckdb.DuckDBPyConnection) -> Iterator[str]:
    query = "select table_name from duckdb_tables() where schema_name = 'bitbucket_raw'"
    for (name,) in connection.execute(query).fetchall():
        if name.startswith(("sync_", "_dlt_")):
            yield f'bitbucket_raw."{name}"'


def _bytes_of(connection: duckdb.DuckDBPyConnection, table: str) -> int:
    (found,) = connection.execute(f"select coalesce(sum(strlen(t::text)), 0)::bigint from {table} t").fetchone() or (0,)
    return int(found)


def _class_of(path: str) -> str:
    if "/diffstat/" in path:
        return "their files"
    if "/pullrequests/" in path and path.endswith("/commits"):
        return "their commits"
    for name, ends in CLASSES.items():
        if path.endswith(ends) and ends:
            return name
    return "single objects"


if __name__ == "__main__":
    main()
