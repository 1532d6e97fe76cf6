"""A large warehouse out of a small one: the company again and again, under other names, with longer histories.

What a row looks like and how rows hang together stays as it was loaded; keys, hashes and names of repositories differ
from copy to copy, people are the same in all of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import duckdb

from bitbucket_source.tables import (
    COMMIT_PARENTS,
    COMMITS,
    DATA_TABLES,
    PIPELINE_STEPS,
    PULL_REQUESTS,
    REPOSITORIES,
    Column,
    Table,
    Type,
)

RAW = "bitbucket_raw"
_OF_A_REPOSITORY = {
    "uuid",
    "parent_uuid",
    "repository_uuid",
    "source_repository_uuid",
    "pipeline_uuid",
    "release_pipeline_uuid",
    "step_uuid",
    "environment_uuid",
    "deployment_uuid",
    "previous_deployment_uuid",
    "report_uuid",
}
_NAMES_OF_REPOSITORIES = {"slug", "name", "full_name"}
_TABLES = "select table_name from duckdb_tables() where schema_name = ?"


@dataclass(frozen=True)
class Size:
    """How much a warehouse holds at least."""

    pull_requests: int
    steps: int
    commits: int

    def __mul__(self, times: float) -> Size:
        """So many times as much."""
        return Size(*(round(each * times) for each in (self.pull_requests, self.steps, self.commits)))


FULL = Size(pull_requests=200_000, steps=1_000_000, commits=5_000_000)
"""What the models are meant to bear on one machine."""


def multiply(connection: duckdb.DuckDBPyConnection, size: Size) -> int:
    """Bring the warehouse behind a connection to a size; returns how many times the company is there then."""
    wanted = {PULL_REQUESTS: size.pull_requests, PIPELINE_STEPS: size.steps}
    copies = max(-(-rows // _count(connection, table)) for table, rows in wanted.items())
    stored = {name for (name,) in connection.execute(_TABLES, [RAW]).fetchall()}
    for table in DATA_TABLES:
        if table.name in stored and ("repository_uuid" in table.columns_by_name or table is REPOSITORIES):
            _copy(connection, table, copies)
    _lengthen(connection, size.commits)
    return copies


def _count(connection: duckdb.DuckDBPyConnection, table: Table) -> int:
    found = connection.execute(f"select count(*) from {RAW}.{table.name}").fetchone()
    assert found is not None
    return int(found[0])


def _copy(connection: duckdb.DuckDBPyConnection, table: Table, copies: int) -> None:
    columns = connection.execute(f"select * from {RAW}.{table.name} limit 0").description or ()
    values = [_of_copy(table, str(column[0])) for column in columns]
    connection.execute(
        f"insert into {RAW}.{table.name} select {', '.join(values)} from {RAW}.{table.name} as each"
        f" cross join range(1, {copies}) as copies (number)"
    )


def _of_copy(table: Table, name: str) -> str:
    """What a column holds in a copy: numbered where it is a key of the repository's, a hash, or its name."""
    column: Column | None = table.columns_by_name.get(name)
    if column is None or column.type is not Type.TEXT:
        return f'each."{name}"'
    if "hash" in name:
        return f"""printf('%04x', number) || substr(each."{name}", 5)"""
    if (name in _OF_A_REPOSITORY and not column.account) or (table is REPOSITORIES and name in _NAMES_OF_REPOSITORIES):
        return f"""each."{name}" || '-' || number"""
    return f'each."{name}"'


def _lengthen(connection: duckdb.DuckDBPyConnection, commits: int) -> None:
    """Give every history that has a first commit so many before it that there are as many commits as wanted."""
    connection.execute(
        f"create temp table roots as select repository_uuid, min(hash) as hash, min(date) as date"
        f" from {RAW}.commits as each"
        f" where not exists (select 1 from {RAW}.commit_parents as edges"
        " where edges.repository_uuid = each.repository_uuid and edges.hash = each.hash) group by all"
    )
    found = connection.execute("select count(*) from roots").fetchone()
    assert found is not None
    each = -(-max(0, commits - _count(connection, COMMITS)) // found[0])
    for statement in _older(each):
        connection.execute(statement)


def _older(commits: int) -> Iterator[str]:
    """Statements that add to each root so many commits, newest first, an hour apart, by the authors of the others."""
    name = "substr(sha1(roots.repository_uuid || ':' || numbers.number), 1, 40)"
    yield (
        f"create temp table authors as select row_number() over () - 1 as number, author_raw, author_user_uuid"
        f" from (select distinct author_raw, author_user_uuid from {RAW}.commits)"
    )
    given = {
        "repository_uuid": "roots.repository_uuid",
        "hash": name,
        "date": "roots.date - to_hours(numbers.number)",
        "author_raw": "authors.author_raw",
        "author_user_uuid": "authors.author_user_uuid",
        "message": "'An older change'",
        "synced_at": "now()",
        "_dlt_load_id": "'older'",
    }
    yield (
        f"insert into {RAW}.commits by name select {', '.join(f'{value} as {key}' for key, value in given.items())}"
        f" from roots cross join range(1, {commits + 1}) as numbers (number)"
        " join authors on authors.number = numbers.number % (select count(*) from authors)"
    )
    parent = "substr(sha1(roots.repository_uuid || ':' || (numbers.number + 1)), 1, 40)"
    child = f"case when numbers.number = 0 then roots.hash else {name} end"
    yield (
        f"insert into {RAW}.{COMMIT_PARENTS.name} by name select roots.repository_uuid, {child} as hash, 0 as position,"
        f" {parent} as parent_hash, now() as synced_at, 'older' as _dlt_load_id"
        f" from roots cross join range(0, {commits}) as numbers (number)"
    )
