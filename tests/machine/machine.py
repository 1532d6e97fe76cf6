"""The state machine: a world in which anything happens, and a warehouse that follows it."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from random import Random
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from bitbucket_emulator import Emulator, generate_world
from bitbucket_emulator.server.faults import Fault
from bitbucket_emulator.world import actions
from bitbucket_emulator.world.actions import ActionError
from bitbucket_emulator.world.model import DAY, World
from bitbucket_source.api.errors import BitbucketError
from bitbucket_source.load.slices import SyncResult
from tests.machine.deeds import ANNOUNCED, MISSED, SILENT, TAKING_AWAY, Chance, Choose, Deed
from tests.truth.comparing import report
from tests.truth.syncing import differences, sync

DELETIONS_ARE_MARKED = False
FINDINGS_ARE_MENDED = False
SILENCE_IS_AUDITED = False
DEEDS: dict[str, Choose] = {
    choose.__name__: choose
    for choose in (
        *ANNOUNCED,
        *(TAKING_AWAY if DELETIONS_ARE_MARKED else ()),
        *(MISSED if FINDINGS_ARE_MENDED else ()),
        *(SILENT if SILENCE_IS_AUDITED else ()),
    )
}

TROUBLES: dict[str, dict[str, Any]] = {
    "500": {"kind": "status", "status": 500},
    "503": {"kind": "status", "status": 503},
    "an HTML page": {"kind": "html", "status": 200},
    "429": {"kind": "rate_limit"},
    "half an answer": {"kind": "cut"},
    "no answer": {"kind": "cut_before_headers"},
    "JSON that ends in the middle": {"kind": "truncate"},
}
"""What happens to a request, by the name under which a failing example shows it."""

LISTS = ("/refs/", "/commits", "/pullrequests", "/pipelines/$", "/steps", "/repositories/acme$", "/workspaces/", "")
"""Parts of paths: where trouble strikes."""

# the world shows a push's updated_on, up to two seconds later than the push, at once: what is pushed before that moment
# would not move it again
_SECONDS_PASS: Deed = ("advance_clock", {"seconds": 3})
_deeds = st.sampled_from(sorted(DEEDS))
_choices = st.integers(0, 999)


class Bitbucket(RuleBasedStateMachine):
    """Whatever people do and whatever breaks: a sync that says it is complete left the warehouse equal to the truth."""

    def __init__(self) -> None:
        super().__init__()
        self.directory = Path(tempfile.mkdtemp(prefix="machine-"))
        self.database = self.directory / "bitbucket.duckdb"
        world = _small_world()
        self.bitbucket = Emulator(world).start()

    def teardown(self) -> None:
        """At the end of every story the world stands still, and one sync makes everything equal."""
        try:
            self.sync_in_peace()
        finally:
            self.bitbucket.stop()
            shutil.rmtree(self.directory)

    @rule(deeds=st.lists(st.tuples(_deeds, _choices), min_size=3, max_size=10))
    def people_work(self, deeds: list[tuple[str, int]]) -> None:
        for name, choice in deeds:
            for action, arguments in self._chosen(name, choice):
                try:
                    self.bitbucket.act(action, **arguments)
                except ActionError:
                    continue

    @rule()
    def sync_in_peace(self) -> None:
        self.bitbucket.clear_faults()
        result = self._sync()
        assert result is not None, "nothing is wrong, and the sync failed"
        assert (result.exit_code, result.troubles) == (0, [])
        self._must_be_equal()

    @rule(trouble=st.sampled_from(sorted(TROUBLES)), path=st.sampled_from(LISTS), every=st.integers(1, 7))
    def sync_in_trouble(self, trouble: str, path: str, every: int) -> None:
        self.arm(path=path, every=every, **TROUBLES[trouble])
        self.sync_and_look()

    @rule(trouble=st.sampled_from(sorted(TROUBLES)), path=st.sampled_from(LISTS), times=st.integers(1, 40))
    def sync_in_trouble_that_ends(self, trouble: str, path: str, times: int) -> None:
        self.arm(path=path, times=times, **TROUBLES[trouble])
        self.sync_and_look()

    @rule(path=st.sampled_from(LISTS), status=st.sampled_from((403, 555)), nth=st.integers(1, 9))
    def sync_that_fails_once(self, path: str, status: int, nth: int) -> None:
        self.arm(kind="status", status=status, path=path, nth=nth)
        self.sync_and_look()

    @rule(path=st.sampled_from(LISTS))
    def sync_without_access(self, path: str) -> None:
        self.arm(kind="status", status=403, path=path)
        self.sync_and_look()

    @rule(requests=st.integers(1, 60))
    def sync_with_few_requests(self, requests: int) -> None:
        self.sync_and_look(max_requests=requests)

    @rule(
        deeds=st.lists(st.tuples(_deeds, _choices), min_size=1, max_size=4),
        path=st.sampled_from(LISTS),
        first=st.integers(1, 6),
        when=st.sampled_from(("before", "after")),
    )
    def people_work_while_a_sync_reads(self, deeds: list[tuple[str, int]], path: str, first: int, when: str) -> None:
        for number, (name, choice) in enumerate(deeds):
            for action, arguments in [_SECONDS_PASS, *self._chosen(name, choice)]:
                self.arm(kind="action", action=action, arguments=arguments, path=path, nth=first + number, when=when)
        result = self._sync()
        self.bitbucket.clear_faults()
        # which of the two states a row shows is open: the next sync in peace decides
        assert result is None or result.exit_code in {0, 1}

    @rule()
    def the_working_directory_vanishes(self) -> None:
        shutil.rmtree(self.directory / "pipelines", ignore_errors=True)

    def open_pull_requests(self) -> list[dict[str, Any]]:
        """The arguments that name each of them, and a user, oldest first."""
        return [
            {"repository": repository.uuid, "pull_request": request.id, "user": request.author}
            for repository in self.bitbucket.world.repositories.values()
            for request in repository.pull_requests.values()
            if request.state == "OPEN"
        ]

    def _chosen(self, name: str, choice: int) -> list[Deed]:
        """The deed, or none where the world lacks what it takes."""
        try:
            return [DEEDS[name](Chance(self.bitbucket.world, Random(choice)))]
        except IndexError:
            return []

    def arm(self, **fault: Any) -> None:
        """Let something happen to requests until the next sync is over."""
        self.bitbucket.add_fault(Fault(**fault))

    def sync_and_look(self, **settings: Any) -> SyncResult | None:
        """One sync, which need not succeed. Where it says it did, the warehouse must equal the truth."""
        result = self._sync(**settings)
        self.bitbucket.clear_faults()
        if result is not None and result.exit_code == 0:
            self._must_be_equal()
        return result

    def _sync(self, **settings: Any) -> SyncResult | None:
        """One sync; None where it ended with an error that a user is told. One worker: examples can be repeated."""
        action, arguments = _SECONDS_PASS
        self.bitbucket.act(action, **arguments)
        try:
            return sync(self.bitbucket, self.database, self.directory / "pipelines", workers=1, **settings)
        except Exception as error:
            if not any(isinstance(cause, BitbucketError) for cause in _causes(error)):
                raise
            return None

    def _must_be_equal(self) -> None:
        found = differences(self.bitbucket, self.database)
        assert not found, f"\n{report(found)}"


def _small_world() -> World:
    """Two repositories with a little of everything, and a fork with more commits than two pages hold."""
    world = generate_world(seed=7, repositories=2, people=5, years=0.2, scale=0.1)
    home, _ = world.repositories.values()
    author, *reviewers = [user.uuid for user in world.users.values() if user.kind == "user"]
    copy = actions.fork(world, home, "fork")
    actions.push(world, copy, "long", author, commits=230, at=world.clock - 10 * DAY)
    for number in range(3):
        actions.push(world, home, f"topic-{number}", author, at=world.clock - 10 * DAY)
        actions.open_pull_request(world, home, f"topic-{number}", author, reviewers=reviewers[:2])
    return world


def _causes(error: BaseException | None) -> list[BaseException]:
    causes: list[BaseException] = []
    while error is not None:
        causes.append(error)
        error = error.__cause__ or error.__context__
    return causes
