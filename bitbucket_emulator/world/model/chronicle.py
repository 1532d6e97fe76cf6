"""What happened, written down as it happened: rows of the API forget it, or never say it.

A redeploy overwrites the attempt before it, a withdrawn approval takes its event along, a squash hides which pull
request a commit came from, and nothing tells that a failure was a flaky test. Whoever computes figures from the API can
compare them with this.
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True, frozen=True)
class Attempt:
    """A step that ran to its end, once: `environment` where it deployed."""

    pipeline: str  # uuid
    step: str  # uuid
    commit: str  # hash
    run_number: int
    started_on: int
    completed_on: int
    result: str
    environment: str | None = None  # uuid
    deployment: str | None = None  # uuid


@dataclass(slots=True)
class ReviewAct:
    """Somebody's comment, approval or change_request; `taken_back` when it was deleted or withdrawn."""

    pull_request: int
    user: str  # uuid
    kind: str  # comment, approval, changes_requested
    at: int
    comment: int | None = None
    taken_back: bool = False


@dataclass(slots=True, frozen=True)
class Landing:
    """A merge: the pull request's `own` commits, and the commits that came upon the destination through it."""

    pull_request: int
    at: int
    strategy: str
    own: tuple[str, ...]  # hashes, newest first
    landed: tuple[str, ...]  # hashes, newest first


@dataclass(slots=True, frozen=True)
class Repair:
    """Something was wrong with what `pipeline` deployed; `kind` is rollback (by `by`, a run), revert or hotfix."""

    pipeline: str  # uuid
    kind: str
    at: int
    by: str | None = None  # uuid of the run that was deployed again


@dataclass(slots=True)
class Chronicle:
    """Of one repository, oldest first."""

    attempts: list[Attempt] = field(default_factory=list)
    reviews: list[ReviewAct] = field(default_factory=list)
    landings: list[Landing] = field(default_factory=list)
    flaky: list[tuple[str, str, int]] = field(default_factory=list)
    """(pipeline, step, run_number) of failures that nothing was wrong with"""
    repairs: list[Repair] = field(default_factory=list)
