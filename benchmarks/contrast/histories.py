"""A history: a world, changes, and a load by each contender after each round of them."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from benchmarks.contrast.comparing import TOO_MANY, Difference, differences
from benchmarks.contrast.contenders import CONTENDERS
from benchmarks.contrast.reading import read_everything
from benchmarks.contrast.world import change, make_world
from bitbucket_emulator import Emulator

ROUNDS = 3


@dataclass
class Outcome:
    """What a contender had at the end of a history."""

    first_requests: int = 0
    """of the first load"""
    later_requests: int = 0
    """of all loads after it"""
    differences: list[Difference] = field(default_factory=list)

    @property
    def is_equal(self) -> bool:
        """Whether every row is as Bitbucket has it, and there are no others."""
        return not self.differences

    @property
    def is_equal_but_for_rows_too_many(self) -> bool:
        """The same for who does not care that what is deleted or hidden stays."""
        return all(each.kind == TOO_MANY for each in self.differences)


@dataclass
class History:
    """What happened, and what came of it."""

    number: int
    changes: list[list[str]] = field(default_factory=list)
    """by round, each as an action of the emulator with its arguments"""
    outcomes: dict[str, Outcome] = field(default_factory=dict)


def live_through(seed: int, number: int) -> History:
    """The history of this number, always the same one: a first load, rounds of changes each followed by a load.

    One more load follows when nothing happens any more: a list that became empty is believed by the connector only
    when it sees it a second time.
    """
    random = Random(f"{seed} {number}")
    history = History(number, outcomes={name: Outcome() for name in CONTENDERS})
    with tempfile.TemporaryDirectory(prefix="contrast-") as directory, Emulator(make_world(random)) as bitbucket:
        contenders = {}
        for place, (name, make) in enumerate(CONTENDERS.items()):
            folder = Path(directory) / str(place)
            folder.mkdir()
            contenders[name] = make(folder)

        def load() -> dict[str, int]:
            requests = {}
            for name, contender in contenders.items():
                bitbucket.clear_requests()
                contender.load(bitbucket.base_url)
                requests[name] = len(bitbucket.requests)
            return requests

        for name, requests in load().items():
            history.outcomes[name].first_requests = requests
        for round_number in range(ROUNDS + 1):
            if round_number < ROUNDS:
                history.changes.append(change(bitbucket, random))
            for name, requests in load().items():
                history.outcomes[name].later_requests += requests
        truth = read_everything(bitbucket.base_url)
        for name, contender in contenders.items():
            history.outcomes[name].differences = differences(truth, contender.rows())
    return history
