"""Every recorded object comes through decoding, Arrow and dlt into DuckDB with each of its values unharmed.

`pytest -s tests/contract/test_recordings.py` prints what was compared.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import dlt
import duckdb
import pyarrow as pa
import pytest

from bitbucket_source.api.decode import decode_page
from bitbucket_source.load.arrow import Batch, arrow_table_of_fit
from bitbucket_source.load.pipeline import make_pipeline
from bitbucket_source.load.resources import column_hints
from bitbucket_source.load.spread import spread
from bitbucket_source.sync.ask import nested_tables
from bitbucket_source.sync.events import Rows
from bitbucket_source.tables import DATA_TABLES, PULL_REQUESTS, USERS, Column, Origin, Table, Type
from bitbucket_source.tables.rowtype import row_type

from .recorded_objects import Recorded, listed_in, recorded_objects
from .redeclared import redeclared
from .truth import ABSENT, stored, value_at

SYNCED_AT = datetime(2026, 11, 24, 12, 0, 0, 123456, tzinfo=UTC)
PLACE: dict[str, str | int] = {
    "workspace_uuid": "{workspace}",
    "workspace_slug": "workspace-slug",
    "repository_uuid": "{repository}",
    "pipeline_uuid": "{pipeline}",
    "step_uuid": "{step}",
    "pull_request_id": 7,
    "commit_hash": "c0ffee",
    "report_uuid": "{report}",
    "granted_to": "users",
}
OURS = {"synced_at": SYNCED_AT}
PULL_REQUEST_OPENED = "2026-11-24T11:00:00+00:00"

MIRRORED = [table for table in DATA_TABLES if not table.is_derived]
AT_LEAST = {
    "workspaces": (41, 189),
    "projects": (70, 252),
    "workspace_members": (4, 4),
    "users": (1022, 4551),
    "repositories": (255, 1486),
    "branches": (163, 269),
    "tags": (19, 109),
    "commits": (369, 793),
    "commit_parents": (114, 228),
    "pull_requests": (80, 882),
    "pull_request_participants": (23, 116),
    "pull_request_activity": (14, 45),
    "pull_request_comments": (19, 143),
    "pull_request_commits": (369, 790),
    "pull_request_files": (9, 33),
    "pull_request_tasks": (4, 26),
    "pipelines": (26, 81),
    "pipeline_steps": (15, 141),
    "environments": (5, 39),
    "deployments": (4, 37),
    "commit_statuses": (6, 45),
    "default_reviewers": (359, 359),
    "branch_restrictions": (8, 48),
    "webhooks": (4, 29),
}
"""rows of each table, and values of the JSON that are neither absent nor null

Of the tables that are not here no client's test suite has an answer (FACTS 11).
"""

UNDECODABLE = {
    # a fixture of Faros' connector; FACTS 5, the schema and every other recording have a text here
    ("pipelines", "Expected `str | null`, got `object` - at `$.target.selector.type`"): 4,
}


@dataclass
class Outcome:
    """What became of the recorded objects of one table."""

    rows: int = 0
    partial: int = 0
    """rows of objects embedded in others, without what orders the table's own list"""
    compared: int = 0
    lost: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    invented: list[str] = field(default_factory=list)


@dataclass
class Loaded:
    """The recordings in DuckDB, held against the raw JSON."""

    outcomes: dict[str, Outcome]
    undecodable: Counter[tuple[str, str]]
    unfit: list[str]


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Loaded:
    result = Loaded({table.name: Outcome() for table in MIRRORED}, Counter(), [])
    expected: defaultdict[Table, list[Recorded]] = defaultdict(list)
    arrows: defaultdict[Table, list[pa.Table]] = defaultdict(list)
    for table, recorded in recorded_objects().items():
        for rows, whole in _decoded(table, recorded, result):
            _collect(table, rows, whole, expected, arrows, result)
    database = _load(arrows, tmp_path_factory.mktemp("recordings"))
    for table, recorded in expected.items():
        _compare(table, recorded, database, result.outcomes[table.name])
    print(_report(result.outcomes))
    return result


def _decoded(table: Table, recorded: list[Recorded], result: Loaded) -> Iterator[tuple[list[Any], list[Recorded]]]:
    """The objects in the declared type, and beside them what they were decoded from.

    An object embedded in another need not have the column that orders the table's own list.
    """
    nested = nested_tables(table, frozenset(DATA_TABLES))
    listed = [each for each in recorded if not table.cursor or value_at(table.cursor, each.raw)]
    embedded = [each for each in recorded if table.cursor and not value_at(table.cursor, each.raw)]
    for declared, group in ((table, listed), (redeclared(table, cursor=""), embedded)):
        body = json.dumps({"values": [each.raw for each in group]}).encode()
        page = decode_page(body, row_type(declared, nested))
        result.undecodable.update((table.name, misfit.why) for misfit in page.misfits)
        misfits = {misfit.index for misfit in page.misfits}
        result.outcomes[table.name].partial += len(page.rows) * (group is embedded)
        whole = [each for index, each in enumerate(group) if index not in misfits]
        for number, row in enumerate(page.rows):
            for column in (column for column in table.columns if column.origin is Origin.MADE):
                setattr(row, column.name, _made(column, number))
        yield page.rows, whole


def _made(column: Column, number: int) -> str:
    """What a strategy works out is not looked at here, but part of keys."""
    return f"{PULL_REQUEST_OPENED}:{number}" if column.type is Type.TEXT else PULL_REQUEST_OPENED


def _collect(
    table: Table,
    rows: Sequence[Any],
    recorded: list[Recorded],
    expected: defaultdict[Table, list[Recorded]],
    arrows: defaultdict[Table, list[pa.Table]],
    result: Loaded,
) -> None:
    """The Arrow tables of all tables that take rows from the objects."""
    batches = spread(Rows(table, rows, PLACE), frozenset(DATA_TABLES))
    for (target, batch), (wanted, of_rows) in zip(batches, _expected_batches(table, recorded), strict=True):
        assert target is wanted
        assert len(batch.objects) == len(of_rows)
        arrow, unfit = arrow_table_of_fit(target, [Batch(batch.objects, PLACE, batch.parents, batch.positions)], OURS)
        result.unfit += [f"{target.name}: {each.why}" for each in unfit]
        arrows[target].append(arrow)
        expected[target] += of_rows


def _expected_batches(table: Table, recorded: list[Recorded]) -> Iterator[tuple[Table, list[Recorded]]]:
    inside = [(t, listed_in(t, recorded)) for t in nested_tables(table, frozenset(DATA_TABLES))]
    yield table, [replace(each, position=index) for index, each in enumerate(recorded)]
    yield from inside
    for owner, owners in [(table, recorded), *inside]:
        for path in owner.accounts:
            found = [account for each in owners for account in _accounts_at(path, each.raw)]
            yield USERS, [Recorded(account) for account in found if isinstance(account, dict) and account.get("uuid")]


def _accounts_at(path: str, raw: Any) -> list[Any]:
    found = value_at(path, raw) if path else raw
    return found if isinstance(found, list) else [found]


def _load(arrows: dict[Table, list[pa.Table]], folder: Path) -> Path:
    """Into DuckDB by dlt, appended: the recordings hold several states of one row."""
    database = folder / "recordings.duckdb"
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("DLT_DATA_DIR", str(folder / "dlt"))
        environment.setenv("RUNTIME__DLTHUB_TELEMETRY", "false")
        pipeline = make_pipeline("recordings", database=str(database), pipelines_dir=str(folder / "pipelines"))
        pipeline.run([_resource(table, pa.concat_tables(parts)) for table, parts in arrows.items()])
    return database


def _resource(table: Table, arrow: pa.Table) -> Any:
    numbered = arrow.append_column("row_number", pa.array(range(arrow.num_rows), pa.int64()))
    return dlt.resource([numbered], name=table.name, columns=column_hints(table), write_disposition="append")


def _compare(table: Table, recorded: list[Recorded], database: Path, outcome: Outcome) -> None:
    read = ", ".join(f"epoch_us({c.name})" if c.type is Type.TIMESTAMP else c.name for c in table.columns)
    with duckdb.connect(str(database), read_only=True) as connection:
        rows = connection.sql(f"select {read} from bitbucket_raw.{table.name} order by row_number").fetchall()
    outcome.rows = len(rows)
    for row, each in zip(rows, recorded, strict=True):
        for column, found in zip(table.columns, row, strict=True):
            _compare_value(table, column, each, found, outcome)


def _compare_value(table: Table, column: Column, recorded: Recorded, found: Any, outcome: Outcome) -> None:
    wanted = _wanted(table, column, recorded, found)
    if column.type is Type.JSON and found is not None:
        found = json.loads(found)
    told = f"{table.name}.{column.name}: {wanted!r} became {found!r}"
    if wanted is not None:
        outcome.compared += column.origin in {Origin.OBJECT, Origin.PARENT}
    if wanted is None and found is not None:
        outcome.invented.append(told)
    elif found is None and wanted is not None:
        outcome.lost.append(told)
    elif found != wanted or type(found) is not type(wanted):
        outcome.changed.append(told)


def _wanted(table: Table, column: Column, recorded: Recorded, found: Any) -> Any:
    match column.origin:
        case Origin.OBJECT:
            value = value_at(column.path, recorded.raw)
        case Origin.PARENT:
            value = value_at(column.path, recorded.parent)
        case Origin.PLACE:
            value = PLACE[column.name]
        case Origin.POSITION:
            value = recorded.position
        case Origin.MADE:
            return found
        case Origin.OURS:
            value = SYNCED_AT.isoformat() if column.name == "synced_at" else None
    if value is ABSENT or value is None:
        return "" if column.account and column.name in table.key else None
    return stored(column.type, value)


def _report(outcomes: dict[str, Outcome]) -> str:
    head = f"{'table':28}{'rows':>7}{'partial':>9}{'compared':>10}{'lost':>6}{'changed':>9}{'invented':>10}"
    lines = [
        f"{name:28}{o.rows:7}{o.partial:9}{o.compared:10}{len(o.lost):6}{len(o.changed):9}{len(o.invented):10}"
        for name, o in outcomes.items()
    ]
    return "\n".join(["", head, *lines])


@pytest.mark.parametrize("name", [table.name for table in MIRRORED])
def test_every_recorded_value_comes_through(loaded: Loaded, name: str) -> None:
    outcome = loaded.outcomes[name]
    assert outcome.lost == []
    assert outcome.changed == []
    assert outcome.invented == []


def test_what_is_recorded_is_counted(loaded: Loaded) -> None:
    assert {name for name, outcome in loaded.outcomes.items() if outcome.rows} == set(AT_LEAST)


@pytest.mark.parametrize("name", AT_LEAST)
def test_enough_was_compared(loaded: Loaded, name: str) -> None:
    rows, values = AT_LEAST[name]
    outcome = loaded.outcomes[name]
    assert outcome.rows >= rows
    assert outcome.compared >= values


def test_only_known_objects_cannot_be_decoded(loaded: Loaded) -> None:
    assert dict(loaded.undecodable) == UNDECODABLE
    assert loaded.unfit == []


_ID, _CREATED_ON, _TITLE = (PULL_REQUESTS.columns_by_name[name] for name in ("id", "created_on", "title"))


@pytest.mark.parametrize(
    ("column", "raw", "found", "noticed"),
    [
        pytest.param(_TITLE, {"title": "one"}, "one", "", id="equal"),
        pytest.param(_TITLE, {"title": None}, None, "", id="null"),
        pytest.param(_TITLE, {"title": "one"}, None, "lost", id="lost"),
        pytest.param(_TITLE, {"title": "one"}, "One", "changed", id="changed"),
        pytest.param(_ID, {"id": 1}, True, "changed", id="of another type"),
        pytest.param(_TITLE, {}, "", "invented", id="invented"),
        pytest.param(_CREATED_ON, {"created_on": "1970-01-01T00:00:00.0000019Z"}, 1, "", id="cut"),
        pytest.param(_CREATED_ON, {"created_on": "1970-01-01T00:00:00.0000019Z"}, 2, "changed", id="rounded"),
        pytest.param(_CREATED_ON, {"created_on": "1970-01-01T01:00:00+01:00"}, 3_600_000_000, "changed", id="offset"),
    ],
)
def test_the_comparison_notices(column: Column, raw: dict[str, Any], found: Any, noticed: str) -> None:
    outcome = Outcome()
    _compare_value(PULL_REQUESTS, column, Recorded(raw), found, outcome)
    told = {"lost": outcome.lost, "changed": outcome.changed, "invented": outcome.invented}
    assert [name for name, problems in told.items() if problems] == ([noticed] if noticed else [])
