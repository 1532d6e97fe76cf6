"""Table by table: how each column follows from Bitbucket's JSON. Written by hand, from `docs/tables.md`."""

from __future__ import annotations

from tests.truth.columns import git, people, pipelines, pull_requests
from tests.truth.columns.values import Columns, Shape

_SHAPES: dict[str, Shape] = {**people.TABLES, **git.TABLES, **pull_requests.TABLES, **pipelines.TABLES}

COLUMNS: dict[str, Columns] = {table: shape.columns for table, shape in _SHAPES.items()}
"""Every column of every table, but `deleted_at` and `synced_at`, which Bitbucket does not have."""

KEYS: dict[str, tuple[str, ...]] = {table: shape.key for table, shape in _SHAPES.items()}
