"""Table by table: how each column follows from Bitbucket's JSON. Written by hand, from `docs/tables.md`."""

from __future__ import annotations

from tests.truth.columns import checks, deployments, git, people, pipelines, pull_requests, reviews, settings
from tests.truth.columns.values import Columns, Shape

_FAMILIES = (people, git, pull_requests, reviews, pipelines, checks, deployments, settings)
_SHAPES: dict[str, Shape] = {table: shape for family in _FAMILIES for table, shape in family.TABLES.items()}

COLUMNS: dict[str, Columns] = {table: shape.columns for table, shape in _SHAPES.items()}
"""Every column of every table, but `deleted_at` and `synced_at`, which Bitbucket does not have."""

KEYS: dict[str, tuple[str, ...]] = {table: shape.key for table, shape in _SHAPES.items()}

OPT_IN = frozenset(
    {"pull_request_tasks", "pipeline_schedules"} | checks.TABLES.keys() | settings.TABLES.keys(),
)
"""What is synced only where somebody asks for it."""

DEFAULT = tuple(table for table in COLUMNS if table not in OPT_IN)

KEPT = ("pipeline_step_attempts", "deployment_attempts")
"""Default tables of what Bitbucket has forgotten: they are compared with nothing."""
