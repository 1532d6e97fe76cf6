"""All facts, those first that sources disagree about."""

from __future__ import annotations

from ..fact import Fact
from . import (
    activity,
    columns,
    comments,
    deployments,
    git,
    moves,
    paging,
    partial_responses,
    people,
    pipelines,
    pull_request_lists,
    pull_requests,
    repositories,
    service,
)

_PARTS = (
    partial_responses, pull_request_lists, pull_requests, moves, activity, comments, git, pipelines, deployments,
    repositories, people, service, columns, paging,
)  # fmt: skip

FACTS: tuple[Fact, ...] = tuple(
    sorted((fact for part in _PARTS for fact in part.facts), key=lambda fact: not fact.is_contested)
)
