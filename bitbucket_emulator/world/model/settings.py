"""What admins and integrations set on a repository."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True)
class BranchRestriction:
    """A rule for branches; `kind` as in the API (push, force, require_approvals_to_merge ...)."""

    id: int
    kind: str
    branch_match_kind: str = "glob"
    pattern: str = ""
    branch_type: str | None = None
    value: int | None = None
    users: tuple[str, ...] = ()  # uuids
    groups: tuple[str, ...] = ()  # slugs


@dataclass(slots=True)
class DefaultReviewer:
    """Somebody who is asked by default; `reviewer_type` is repository or project (inherited)."""

    user: str  # uuid
    reviewer_type: str = "repository"


@dataclass(slots=True)
class Webhook:
    """A webhook subscription; `created_at` in microseconds."""

    uuid: str
    url: str
    description: str
    events: tuple[str, ...]
    created_at: int
    active: bool = True
    secret_set: bool = False


@dataclass(slots=True)
class RepositoryPermission:
    """A permission (read, write, admin) given to a user (`user` uuid) or a group (`group` slug)."""

    permission: str
    user: str | None = None
    group: str | None = None


@dataclass(slots=True)
class Annotation:
    """One finding of a report."""

    uuid: str
    external_id: str
    annotation_type: str
    path: str
    line: int
    summary: str
    severity: str
    created_on: int
    updated_on: int
    result: str | None = None


@dataclass(slots=True)
class Report:
    """A code insights report of a commit; `data` is (title, type, value)."""

    uuid: str
    commit: str  # hash
    external_id: str
    title: str
    details: str
    reporter: str
    report_type: str
    result: str
    created_on: int
    updated_on: int
    data: tuple[tuple[str, str, str | int | float | bool], ...] = ()
    annotations: list[Annotation] = field(default_factory=list)


@dataclass(slots=True)
class Variable:
    """A variable of Pipelines; nobody is ever shown the value of a `secured` one."""

    uuid: str
    key: str
    value: str
    secured: bool = False


@dataclass(slots=True)
class Runner:
    """A machine of the company's own that runs steps; `status` ONLINE, OFFLINE or UNREGISTERED."""

    uuid: str
    name: str
    labels: tuple[str, ...]
    status: str
    created_on: int
    updated_on: int


@dataclass(slots=True)
class Download:
    """A file offered for download; `size` in bytes."""

    name: str
    size: int
    downloads: int
    user: str  # uuid
    created_on: int
