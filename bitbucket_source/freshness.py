"""How fresh the warehouse is, and how far each list was read: told by the warehouse alone, without a request."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from dlt.destinations.exceptions import DestinationConnectionError
from dlt.pipeline.exceptions import PipelineStepFailed

from bitbucket_source.api.pool import identities_in
from bitbucket_source.load.database import Database
from bitbucket_source.load.lock import LockedError, SyncLock
from bitbucket_source.load.overview import OpenError, Overview, Rows, Run, StoredRepository
from bitbucket_source.load.pipeline import DestinationError, database_file, kind_of, require_file
from bitbucket_source.load.selection import last_selection
from bitbucket_source.load.stored import stored_cursors
from bitbucket_source.sync.audit import KINDS, Round
from bitbucket_source.sync.cursors import Cursors
from bitbucket_source.sync.repositories import who_saw
from bitbucket_source.sync.standing import Standing, State, standings
from bitbucket_source.sync.whole_lists import WHOLE_LISTS
from bitbucket_source.tables import DATA_TABLES, REPOSITORIES, SYNC_RUNS, Table

if TYPE_CHECKING:
    import dlt

_LOCKED_BY_ALL = {"duckdb", "postgres"}
"""destinations whose lock every sync respects, wherever it runs"""


class Outcome(StrEnum):
    """How a run ended."""

    COMPLETE = "complete"
    INCOMPLETE = "incomplete"
    """something could not be read"""
    STOPPED = "stopped"
    """early, with everything saved"""
    FAILED = "failed"
    """with an error: nothing was read, or not to the end"""
    RUNNING = "running"
    KILLED = "killed"
    UNFINISHED = "unfinished"
    """running or killed: the destination cannot tell"""


@dataclass(frozen=True)
class TableFreshness:
    """A table, as far as it holds rows of the workspace (`users`: of all workspaces)."""

    name: str
    rows: int
    """that are alive: neither they nor their repository are marked as deleted"""
    deleted: int
    of_deleted_repositories: int
    newest: datetime | None
    """the newest row alive, by the column that orders the table in time; None where there is none"""
    verified_since: datetime | None
    """no row was compared with Bitbucket longer ago than this; None where nothing bounds it"""
    blind_to: str
    """the changes that are seen only when a row is verified"""


@dataclass(frozen=True)
class RepositoryFreshness:
    """A repository and how far its lists were read."""

    uuid: str
    name: str
    deleted_at: datetime | None
    """when a sync found it deleted, or hidden from all credentials that ever saw it"""
    visible: bool
    """whether the credentials of the last sync that listed the repositories saw it"""
    lists: tuple[Standing, ...]
    state: State = field(init=False)
    """of all its lists together"""

    def __post_init__(self) -> None:
        """Tell from the lists how far the whole is read."""
        states = {each.state for each in self.lists} or {State.COMPLETE}
        is_plain = len(states) == 1 and not any(each.to_be_read_again for each in self.lists)
        object.__setattr__(self, "state", states.pop() if is_plain else State.IN_THE_MIDDLE)

    def without(self, names: Collection[str]) -> RepositoryFreshness:
        """The repository without some of its lists."""
        return replace(self, lists=tuple(each for each in self.lists if each.name not in names))


@dataclass(frozen=True)
class Freshness:
    """Everything `status` tells about a workspace."""

    workspace: str
    destination: str
    dataset: str
    database: str | None
    """DuckDB's file"""
    as_of: datetime | None
    """start of the last sync that read everything that is stored of the workspace: the rows are at least as new"""
    last_run: Run
    outcome: Outcome
    """of the last run"""
    tables: tuple[TableFreshness, ...]
    never_read: tuple[str, ...]
    """what a complete last sync left unread in every repository: not selected, or the scope is lacking"""
    repositories: tuple[RepositoryFreshness, ...]
    """each list but those never read"""
    errors: tuple[OpenError, ...]


def freshness_of(pipeline: dlt.Pipeline, workspace: str) -> Freshness:
    """What the warehouse of a pipeline tells about a workspace, whose name may be written in any case.

    Raises DestinationError where nothing of the workspace was synced there, and LockedError where a sync has the
    database to itself.
    """
    workspace = workspace.lower()
    require_file(pipeline, workspace)
    file = database_file(pipeline)
    at_work = _sync_at_work(pipeline, workspace)
    try:
        return _read(pipeline, workspace, None if file is None else str(file), at_work)
    except (DestinationConnectionError, PipelineStepFailed):
        # a file of DuckDB's that a sync has open: what that says is plainer
        if at_work is not None and file is not None:
            raise at_work from None
        raise


def _read(pipeline: dlt.Pipeline, workspace: str, file: str | None, at_work: LockedError | None) -> Freshness:
    if not pipeline.schema_names:
        # the working directory knows nothing, the destination may
        pipeline.sync_destination()
    database = Database(pipeline)
    try:
        if not database.columns(SYNC_RUNS):
            raise _nothing_synced(pipeline, workspace, file)
        overview = Overview(database, workspace)
        last_run, complete = overview.last_run(), overview.last_whole_run()
        if last_run is None:
            raise _nothing_synced(pipeline, workspace, file)
        tables = [table for table in DATA_TABLES if database.columns(table)]
        as_of = complete.started_at if complete else None
        rounds, first = overview.rounds(), overview.first_start()
        outcome = _outcome(pipeline, last_run, at_work)
        repositories = _repositories(
            overview, stored_cursors(database, last_selection(database, workspace).catalog), frozenset(tables)
        )
        never_read = _never_read(repositories) if outcome is Outcome.COMPLETE else ()
        return Freshness(
            workspace=workspace,
            destination=pipeline.destination.destination_name,
            dataset=str(pipeline.dataset_name),
            database=file,
            as_of=as_of,
            last_run=last_run,
            outcome=outcome,
            tables=tuple(
                _table(table, overview.rows(table), _verified_since(table, rounds, first, as_of)) for table in tables
            ),
            never_read=never_read,
            repositories=tuple(each.without(never_read) for each in repositories),
            errors=tuple(overview.open_errors()),
        )
    finally:
        database.close()


def _nothing_synced(pipeline: dlt.Pipeline, workspace: str, file: str | None) -> DestinationError:
    where = file or pipeline.destination.destination_name
    return DestinationError(
        f"{where}, dataset {pipeline.dataset_name}, holds no sync of {workspace}: `bitbucket-source sync {workspace}` "
        "makes the first. If there was one, name the workspace and the dataset as you did then."
    )


def _sync_at_work(pipeline: dlt.Pipeline, workspace: str) -> LockedError | None:
    """What a second sync would be told now; None where none is at work, as far as the destination's lock tells."""
    if kind_of(pipeline) not in _LOCKED_BY_ALL:
        return None
    try:
        with SyncLock(pipeline, workspace, patience=0):
            return None
    except LockedError as error:
        return error


def _outcome(pipeline: dlt.Pipeline, run: Run, at_work: LockedError | None) -> Outcome:
    if run.ended_at is None:
        if at_work is not None:
            return Outcome.RUNNING
        return Outcome.KILLED if kind_of(pipeline) in _LOCKED_BY_ALL else Outcome.UNFINISHED
    by_exit_code = {0: Outcome.COMPLETE, 1: Outcome.INCOMPLETE, 3: Outcome.STOPPED}
    return by_exit_code.get(-1 if run.exit_code is None else run.exit_code, Outcome.FAILED)


def _table(table: Table, rows: Rows, verified_since: datetime | None) -> TableFreshness:
    return TableFreshness(
        name=table.name,
        rows=rows.alive,
        deleted=rows.deleted,
        of_deleted_repositories=rows.of_deleted_repositories,
        newest=rows.newest,
        verified_since=verified_since if rows.alive else None,
        blind_to=table.blind_to,
    )


def _verified_since(
    table: Table, rounds: Mapping[str, Round], first: datetime | None, as_of: datetime | None
) -> datetime | None:
    """The moment since when every row has been verified: by a whole round of the audit, else by the first sync.

    The lists of the workspace, and some of repositories, are read whole on every sync.
    """
    kind = next((kind for kind in KINDS if table in kind.tables), None)
    if kind is None:
        kind = next((kind for kind in KINDS if table.parent in kind.tables), None)
    if kind is None:
        return as_of if table in WHOLE_LISTS or (table.endpoint and not table.is_per_repository) else None
    if kind.name not in rounds:
        return first
    try:
        return datetime.fromisoformat(rounds[kind.name].before).astimezone(UTC)
    except ValueError:
        # no round was complete yet
        return first


def _repositories(overview: Overview, cursors: Cursors, tables: frozenset[Table]) -> list[RepositoryFreshness]:
    listed = overview.last_run("exit_code in (0, 1)")
    credentials = listed.credentials if listed else None
    stored = overview.repositories()
    if not stored:
        # not selected: what was read of them is known by their identities only
        read = {uuid for uuid, name in cursors.stored if cursors.is_of_a_walk(name)}
        stored = [StoredRepository(uuid, uuid, None) for uuid in sorted(read - overview.repositories_of_others())]
    return [
        RepositoryFreshness(
            uuid=repository.uuid,
            name=repository.full_name,
            deleted_at=repository.deleted_at,
            visible=repository.deleted_at is None and _sees(cursors, repository.uuid, credentials),
            lists=standings(cursors, repository.uuid, tables),
        )
        for repository in stored
    ]


def _never_read(repositories: Sequence[RepositoryFreshness]) -> tuple[str, ...]:
    begun = {each.name for repository in repositories for each in repository.lists if each.state is not State.NOT_BEGUN}
    return tuple(
        dict.fromkeys(each.name for repository in repositories for each in repository.lists if each.name not in begun)
    )


def _sees(cursors: Cursors, uuid: str, credentials: str | None) -> bool:
    seers = who_saw(cursors, REPOSITORIES, uuid)
    return not seers or credentials is None or not identities_in(credentials).isdisjoint(seers)
