"""A figure of the models beside what the chronicle of an emulated company has of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import duckdb
import pytest

from bitbucket_emulator.world.model import Repository, World

HOUR = 3_600_000_000
SECOND = 1_000_000
Values = Mapping[tuple[Any, ...], Any]


@dataclass(frozen=True)
class Figure:
    """A metric of the models, and what the generator knows of it."""

    name: str
    query: str
    """key columns and, last, the value"""
    of_repository: Callable[[World, Repository, int], Iterator[tuple[tuple[Any, ...], Any]]]
    """(key without the repository, value); the number is the moment that the models call as_of"""
    least: float = 1.0
    """the share of keys that must agree"""
    because: str = ""
    """why not all"""

    def told(self, marts: duckdb.DuckDBPyConnection) -> Values:
        """What the models say."""
        return {tuple(key): value for *key, value in marts.execute(self.query).fetchall()}

    def of(self, world: World, as_of: int) -> Values:
        """By repository and key."""
        return {
            (repository.uuid, *key): value
            for repository in world.repositories.values()
            for key, value in self.of_repository(world, repository, as_of)
        }


def differing(told: Values, true: Values) -> list[tuple[Any, ...]]:
    """The keys that only one side has, or whose values differ; floats to 1e-9."""
    missing = object()
    return [key for key in told.keys() | true.keys() if not _are_equal(told.get(key, missing), true.get(key, missing))]


def _are_equal(one: Any, other: Any) -> bool:
    if isinstance(one, float) and isinstance(other, (int, float)):
        return bool(one == pytest.approx(other, rel=1e-9, abs=1e-6))
    return bool(one == other)
