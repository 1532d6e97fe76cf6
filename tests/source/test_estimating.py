"""How `plan` judges by few looks: the pages of a history, and repositories by others of a like size."""

from __future__ import annotations

import pytest

from bitbucket_source.planning import Figure
from bitbucket_source.planning.figures import scaled
from bitbucket_source.planning.histories import BYTES_OF_A_COMMIT, History
from bitbucket_source.planning.sample import shares_of, strata_of
from bitbucket_source.sync.repositories import Repository


def test_a_history_is_narrowed_down_to_its_pages() -> None:
    history = History(Repository("{1}", "r", "acme/r", ""), size=BYTES_OF_A_COMMIT * 1_000_000)
    pages, tries = 137, 0
    history.low = 2
    while history.doubt:
        number = history.next_try
        if number > pages:
            history.absent(number)
        else:
            history.low = max(history.low, number + 1) if number < pages else number
        tries += 1

    assert history.commits.low <= pages * 100 <= history.commits.high
    assert history.commits.high < history.commits.low * 1.1
    assert tries < 12


def test_strata_look_at_the_largest_and_at_some_of_each_size() -> None:
    sizes = [(index * 37) % 100 for index in range(100)]
    strata = strata_of(range(100), sizes, 30)

    assert [sizes[each] for each in strata[0].seen] == [99, 98, 97, 96, 95]
    assert [(len(each.seen), len(each.others)) for each in strata] == [(5, 0)] + [(5, 14)] * 5
    assert sorted(each for stratum in strata for each in (*stratum.seen, *stratum.others)) == list(range(100))


@pytest.mark.parametrize(
    ("counts", "shares"),
    [
        ([12, 0, 0], [12, 0, 0]),
        ([100, 0, 0], [30, 0, 0]),
        ([100, 50, 900], [18, 6, 6]),
        ([2, 3, 900], [2, 3, 25]),
    ],
    ids=str,
)
def test_thirty_looks_are_shared_among_the_kinds_of_repositories(counts: list[int], shares: list[int]) -> None:
    assert shares_of(counts) == shares


def test_the_others_hold_at_least_what_is_certain_and_perhaps_more_than_any_that_was_seen() -> None:
    figure = scaled([([Figure.of(1)] * 30, 90)], least=90)

    assert figure == Figure(90, 92)
    assert scaled([([Figure.of(1)] * 30, 90)], least=0).low == 81, "up to three in thirty may hold nothing"
    assert scaled([([], 5)], least=5).is_open
