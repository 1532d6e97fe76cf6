"""Garbage is searched for seldom while a sync works, and as before when it has ended."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

from bitbucket_source.garbage import seldom_collected


@pytest.fixture(autouse=True)
def _as_python_starts() -> Iterator[None]:
    """The tests themselves run with what stays left out."""
    thresholds = gc.get_threshold()
    gc.unfreeze()
    # Python 3.12 freezes some of its own objects then
    gc.collect()
    gc.set_threshold(700, 10, 10)
    yield
    gc.freeze()
    gc.set_threshold(*thresholds)


def test_what_was_there_before_is_not_searched_and_is_again_afterwards() -> None:
    with seldom_collected():
        assert gc.get_freeze_count() > 1000
        assert gc.get_threshold()[0] > 700
    assert gc.get_freeze_count() < 1000
    assert gc.get_threshold() == (700, 10, 10)


def test_what_somebody_else_froze_stays_frozen() -> None:
    gc.freeze()
    with seldom_collected():
        pass
    assert gc.get_freeze_count() > 1000


def test_all_is_as_before_after_an_error_too() -> None:
    with pytest.raises(KeyError), seldom_collected():
        raise KeyError
    assert gc.get_freeze_count() < 1000
    assert gc.get_threshold() == (700, 10, 10)
