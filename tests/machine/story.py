"""A small world and a warehouse that follows it, and what the warehouse has to equal when."""

from __future__ import annotations

import shutil
import tempfile
from fnmatch import fnmatch
from pathlib import Path
from random import Random
from typing import Any

from bitbucket_emulator import Emulator
from bitbucket_emulator.server.faults import Armed, Fault
from bitbucket_emulator.world.actions import ActionError
from bitbucket_emulator.world.model import World
from bitbucket_source.api.errors import BitbucketError
from bitbucket_source.load.slices import SyncResult
from tests.machine.chance import Chance, Deed
from tests.machine.child import Task, sync_process
from tests.machine.counts import COUNTS
from tests.machine.deeds import DEEDS, SILENT
from tests.machine.marks import marks_of_others
from tests.machine.worlds import small_world
from tests.truth.columns import COLUMNS
from tests.truth.comparing import Part, report
from tests.truth.syncing import differences, sync

_OFTEN = 4
"""how many syncs in peace are enough to believe whatever has to be seen twice"""
_KILLED = -9


class Story:
    """A small world and a warehouse that follows it."""

    def __init__(self, world: World | None = None) -> None:
        self.directory = Path(tempfile.mkdtemp(prefix="machine-"))
        self.database = self.directory / "bitbucket.duckdb"
        self.bitbucket = Emulator(world or small_world()).start()
        self.workers = 1
        self.tables: tuple[str, ...] | None = None
        self.repositories: tuple[str, ...] = ()
        self.is_blind = False
        """whether something happened that no signal tells of, since all was audited"""
        self._armed: list[tuple[Armed, bool]] = []
        COUNTS["histories"] += 1

    def close(self) -> None:
        """Forget all of it."""
        self.bitbucket.stop()
        shutil.rmtree(self.directory)

    # what people do

    def do(self, name: str, choice: int) -> None:
        """Do a deed, if it can be done."""
        for action, arguments in self._chosen(name, choice):
            try:
                self.bitbucket.act(action, **arguments)
            except ActionError:
                COUNTS["deeds that could not be done"] += 1
            else:
                COUNTS["deeds"] += 1
                self.is_blind |= name in SILENT

    def let_happen(self, name: str, choice: int, **when: Any) -> None:
        """Let a deed be done while the next sync reads."""
        for action, arguments in self._chosen(name, choice):
            armed = self.bitbucket.add_fault(Fault(kind="action", action=action, arguments=arguments, **when))
            self._armed.append((armed, name in SILENT))

    def a_user(self) -> str:
        """uuid of somebody who can push."""
        return next(user.uuid for user in self.bitbucket.world.users.values() if user.kind == "user")

    def open_pull_requests(self) -> list[dict[str, Any]]:
        """The arguments that name each of them, and a user, oldest first."""
        return [
            {"repository": repository.uuid, "pull_request": request.id, "user": request.author}
            for repository in self.bitbucket.world.repositories.values()
            for request in repository.pull_requests.values()
            if request.state == "OPEN"
        ]

    # what happens to requests, until the next sync is over

    def arm(self, *, lies: bool = False, **fault: Any) -> None:
        """Let something happen to requests; `lies`: so that an answer is wrong, and nobody can tell."""
        self._armed.append((self.bitbucket.add_fault(Fault(**fault)), lies))

    # syncs

    def sync_in_peace(self, *, audit_requests: str = "all", **settings: Any) -> None:
        """Syncs with which nothing is wrong, until all that has to be seen twice was: then both are equal."""
        self._disarm()
        doubts = ["nothing was read yet"]
        for _ in range(_OFTEN):
            if doubts:
                result = self.sync(audit_requests=audit_requests, **settings)
                assert result is not None, "nothing is wrong, and the sync failed"
                assert (result.exit_code, result.troubles) == (0, [])
                doubts = _doubts(result)
        assert not doubts, "still in doubt"
        all_tables = self.tables is None or set(self.tables).issuperset(COLUMNS)
        if audit_requests == "all" and all_tables and not self.repositories:
            self.is_blind = False
        self.must_be_equal()

    def sync_and_look(self, **settings: Any) -> SyncResult | None:
        """One sync, which need not succeed. Where it says it did, the warehouse must equal the truth."""
        result = self.sync(**settings)
        may_differ = self._disarm()
        if result is not None and result.exit_code == 0 and not may_differ and not _doubts(result):
            self.must_be_equal()
        return result

    def sync(self, **settings: Any) -> SyncResult | None:
        """One sync; None where it ended with an error that a user is told."""
        COUNTS["syncs"] += 1
        marks = self._marks_of_others()
        try:
            result = sync(self.bitbucket, self.database, self.working_directory, **self._settings(settings))
        except Exception as error:
            if not any(isinstance(cause, BitbucketError) for cause in _causes(error)):
                raise
            return None
        assert self._marks_of_others() == marks, "rows of a repository that is not selected were marked"
        return result

    def must_be_equal(self) -> None:
        """The warehouse equals the truth, as far as that can be told without an audit."""
        if self.is_blind:
            return
        COUNTS["comparisons"] += 1
        part = Part(self.tables, self._selected())
        found = differences(self.bitbucket, self.database, part)
        assert not found, f"\n{report(found)}"

    # ways to die

    def sync_killed_at_request(self, number: int) -> bool:
        """A sync that is killed while it waits for an answer; returns whether it came so far."""
        armed = self.bitbucket.add_fault(Fault(kind="delay", nth=number, seconds=1))
        process = sync_process(self._task())
        while process.is_alive() and not armed.struck:
            process.join(0.01)
        return self._kill(process)

    def sync_killed_after(self, seconds: float, **task: Any) -> bool:
        """A sync that is killed some time after its start; returns whether it still ran."""
        process = sync_process(self._task(**task))
        process.join(seconds)
        return self._kill(process)

    def sync_killed_in_loading(self, **at: int) -> bool:
        """A sync that is killed at a step of loading, which `Task` names; returns whether it came so far."""
        process = sync_process(self._task(**at))
        process.join()
        return self._kill(process)

    def _kill(self, process: Any) -> bool:
        process.kill()
        process.join()
        code = process.exitcode
        process.close()
        self._disarm()
        COUNTS["syncs"] += 1
        COUNTS["kills"] += code == _KILLED
        # 1: it ended with an error, which another test looks at
        assert code in {_KILLED, 0, 1, 3}
        return bool(code == _KILLED)

    def lose_the_working_directory(self) -> None:
        """As a container does that is started anew."""
        shutil.rmtree(self.working_directory, ignore_errors=True)

    def lose_everything(self) -> None:
        """The warehouse too."""
        self.lose_the_working_directory()
        # a killed DuckDB leaves files beside it
        for file in self.directory.glob(f"{self.database.name}*"):
            file.unlink()

    def keep_a_copy(self) -> None:
        """Copy the warehouse as it is."""
        if self.database.exists():
            shutil.copy(self.database, self.copy)
            self._log_of_copy.unlink(missing_ok=True)
            if self._log.exists():
                shutil.copy(self._log, self._log_of_copy)

    def put_the_copy_back(self) -> None:
        """Put the copy in place of the warehouse; the working directory stays. Nothing where there is none."""
        if self.copy.exists():
            self._log.unlink(missing_ok=True)
            shutil.copy(self.copy, self.database)
            if self._log_of_copy.exists():
                shutil.copy(self._log_of_copy, self._log)
            # what was audited since is not any more
            self.is_blind = True

    @property
    def working_directory(self) -> Path:
        """dlt's."""
        return self.directory / "pipelines"

    @property
    def copy(self) -> Path:
        """Where a copy of the warehouse is kept."""
        return self.directory / "copy.duckdb"

    @property
    def _log(self) -> Path:
        return Path(f"{self.database}.wal")

    @property
    def _log_of_copy(self) -> Path:
        return Path(f"{self.copy}.wal")

    def _task(self, **more: Any) -> Task:
        return Task(self.bitbucket.base_url, self.database, self.working_directory, self._settings({}), **more)

    def _settings(self, more: dict[str, Any]) -> dict[str, Any]:
        return {"workers": self.workers, "tables": self.tables, "repositories": self.repositories, **more}

    def _chosen(self, name: str, choice: int) -> list[Deed]:
        """The deed, or none where the world lacks what it takes."""
        try:
            return [DEEDS[name](Chance(self.bitbucket.world, Random(choice)))]
        except IndexError:
            return []

    def _disarm(self) -> bool:
        """Nothing happens any more; returns whether something did after which the warehouse may differ."""
        self.bitbucket.clear_faults()
        may_differ = False
        for armed, is_silent in self._armed:
            is_deed = armed.fault.kind == "action"
            COUNTS["deeds" if is_deed else "faults"] += armed.struck - len(armed.errors)
            COUNTS["deeds that could not be done"] += len(armed.errors)
            if armed.struck > len(armed.errors):
                self.is_blind |= is_silent
                may_differ |= is_deed or is_silent
        self._armed.clear()
        return may_differ

    def _selected(self) -> list[str] | None:
        """uuids of the repositories that are synced; None for all."""
        if not self.repositories:
            return None
        slugs = {each.uuid: each.slug for each in self.bitbucket.world.repositories.values()}
        return [uuid for uuid, slug in slugs.items() if any(fnmatch(slug, glob) for glob in self.repositories)]

    def _marks_of_others(self) -> dict[str, int]:
        """How many rows of the repositories that are not selected are marked as deleted, by table."""
        selected = self._selected()
        return {} if selected is None else marks_of_others(self.database, selected)


def _doubts(result: SyncResult) -> list[str]:
    """What it saw that is believed only when the next sync sees it too."""
    return [notice for notice in result.notices if "believed" in notice]


def _causes(error: BaseException | None) -> list[BaseException]:
    causes: list[BaseException] = []
    while error is not None:
        causes.append(error)
        error = error.__cause__ or error.__context__
    return causes
