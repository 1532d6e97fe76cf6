"""The stage on which one repository is played: time, people, and what they are about to do."""

from __future__ import annotations

from dataclasses import dataclass, field
from heapq import heappop, heappush
from typing import TYPE_CHECKING

from bitbucket_emulator.world.commits import add_commit, move_branch
from bitbucket_emulator.world.model import World

if TYPE_CHECKING:
    from collections.abc import Generator
    from random import Random

    from bitbucket_emulator.world.generate.delivery import Outcome
    from bitbucket_emulator.world.generate.files import Files
    from bitbucket_emulator.world.generate.people import Company, Person
    from bitbucket_emulator.world.generate.plans import Plan
    from bitbucket_emulator.world.model import Commit, FileChange, Repository, TestCase

    Play = Generator[int, None, None]  # yields the time at which to go on


class TooLateError(Exception):
    """Somebody wanted to push after the last push of the plan: the play ends as it stands."""


@dataclass(slots=True)
class Desk:
    """One repository being played until `end`; `world` is a copy of the world as it was made, not the world itself.

    Later changes of the real world (renamed people, deleted repositories) so cannot change a past that is generated
    after them.
    """

    world: World
    repository: Repository
    plan: Plan
    company: Company
    team: list[Person]
    files: Files
    random: Random
    end: int
    tests: list[TestCase] = field(default_factory=list)
    now: int = 0
    issue: int = 0
    released: int = 0  # build number of the newest run in production
    drafts: dict[str, str] = field(default_factory=dict)  # branch -> newest commit, pushed or not
    names: set[str] = field(default_factory=set)  # branches ever used
    checks: dict[int, Outcome | None] = field(default_factory=dict)  # pull request -> its newest run
    _waiting: list[tuple[int, int, Play]] = field(default_factory=list)
    _count: int = 0

    @property
    def main(self) -> str:
        """Name of the main branch."""
        return self.plan.mainbranch

    @property
    def main_head(self) -> str:
        """Hash of the main branch's head."""
        return self.repository.branches[self.plan.mainbranch]

    def start(self, at: int, play: Play) -> None:
        """Let a play begin at `at`."""
        self._count += 1
        heappush(self._waiting, (at, self._count, play))

    def run(self) -> None:
        """Play everything that is waiting, in order of time, until the end of the world."""
        while self._waiting and self._waiting[0][0] <= self.end:
            self.now, _, play = heappop(self._waiting)
            try:
                again = next(play, None)
            except TooLateError:
                continue
            if again is not None:
                self.start(max(again, self.now + 1), play)

    def may_push(self) -> bool:
        """Whether the plan's last push is still to come."""
        return self.plan.last_push is not None and self.now < self.plan.last_push - 90_000_000

    def must_push(self) -> None:
        """Raise TooLateError where `may_push` says no."""
        if not self.may_push():
            raise TooLateError

    def commit(
        self,
        branch: str,
        person: Person,
        message: str,
        changes: list[FileChange],
        *,
        raw: str | None = None,
        parents: tuple[str, ...] | None = None,
        pushed: bool = True,
    ) -> Commit:
        """Commit to a branch, now; `pushed=False` leaves the branch behind until the next push."""
        self.must_push()
        repository = self.repository
        base = parents or (repository.branches.get(branch) or self.main_head,)
        signed = raw or (person.raw if self.random.random() < 0.9 else person.other_raw)
        made = add_commit(repository, base, signed, self.now, message, changes)
        if pushed:
            move_branch(self.world, repository, branch, made.hash, person.user, self.now)
        return made

    def present(self) -> list[Person]:
        """The team members who are with the company now."""
        return [person for person in self.team if person.works_at(self.now)] or self.team[:1]

    def chance(self, share: float) -> bool:
        """True in `share` of the cases."""
        return self.random.random() < share
