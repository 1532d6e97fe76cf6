"""A repository: a cheap head that lists can show, and contents that are made when somebody first looks."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from bitbucket_emulator.world.model.chronicle import Chronicle

if TYPE_CHECKING:
    from collections.abc import Callable

    from bitbucket_emulator.world.model.git import Commit, Tag
    from bitbucket_emulator.world.model.pipelines import Deployment, Environment, Pipeline, Schedule
    from bitbucket_emulator.world.model.pull_requests import BuildStatus, Comment, PullRequest
    from bitbucket_emulator.world.model.settings import (
        BranchRestriction,
        DefaultReviewer,
        Download,
        Report,
        RepositoryPermission,
        Variable,
        Webhook,
    )

EVERYBODY = "*"


@dataclass(slots=True)
class Contents:
    """Everything below a repository."""

    branches: dict[str, str] = field(default_factory=dict)  # name -> hash
    tags: dict[str, Tag] = field(default_factory=dict)
    commits: dict[str, Commit] = field(default_factory=dict)  # parents before children; unreachable ones until pruned
    pull_requests: dict[int, PullRequest] = field(default_factory=dict)  # by id, ascending
    statuses: dict[str, dict[str, BuildStatus]] = field(default_factory=dict)  # hash -> key -> status
    pipelines: dict[str, Pipeline] = field(default_factory=dict)  # by uuid, oldest first
    environments: dict[str, Environment] = field(default_factory=dict)  # by uuid, by rank
    deployments: dict[str, Deployment] = field(default_factory=dict)  # by uuid
    schedules: dict[str, Schedule] = field(default_factory=dict)
    branch_restrictions: dict[int, BranchRestriction] = field(default_factory=dict)
    default_reviewers: list[DefaultReviewer] = field(default_factory=list)
    permissions: list[RepositoryPermission] = field(default_factory=list)
    webhooks: dict[str, Webhook] = field(default_factory=dict)
    reports: dict[str, dict[str, Report]] = field(default_factory=dict)  # hash -> uuid -> report
    downloads: dict[str, Download] = field(default_factory=dict)
    variables: dict[str, Variable] = field(default_factory=dict)  # by uuid
    commit_comments: dict[str, dict[int, Comment]] = field(default_factory=dict)  # hash -> id -> comment
    open_sources: dict[tuple[str, str], set[int]] = field(default_factory=dict)  # (repository, branch) -> open ids
    chronicle: Chronicle = field(default_factory=Chronicle)
    deployment_counts: dict[str, int] = field(default_factory=dict)  # by environment
    comment_count: int = 0  # ever written, comments and tasks
    had_success: bool = False  # of a pipeline


class _Below:
    """A repository's contents, readable as its own attributes."""

    __slots__ = ()

    if TYPE_CHECKING:
        branches: dict[str, str]
        tags: dict[str, Tag]
        commits: dict[str, Commit]
        pull_requests: dict[int, PullRequest]
        statuses: dict[str, dict[str, BuildStatus]]
        pipelines: dict[str, Pipeline]
        environments: dict[str, Environment]
        deployments: dict[str, Deployment]
        schedules: dict[str, Schedule]
        branch_restrictions: dict[int, BranchRestriction]
        default_reviewers: list[DefaultReviewer]
        permissions: list[RepositoryPermission]
        webhooks: dict[str, Webhook]
        reports: dict[str, dict[str, Report]]
        downloads: dict[str, Download]
        variables: dict[str, Variable]
        commit_comments: dict[str, dict[int, Comment]]
        open_sources: dict[tuple[str, str], set[int]]
        chronicle: Chronicle
    else:

        def __getattr__(self, name: str) -> Any:
            if name in Contents.__dataclass_fields__:
                return getattr(self.contents, name)
            raise AttributeError(name)


@dataclass(slots=True, eq=False)
class Repository(_Below):
    """A repository; `generate` fills `contents` on first use, from the seed alone: the order of use has no effect.

    `hidden_from` names the credentials that must not see it (EVERYBODY: none may). `blocked_status` is the HTTP status
    of everything below a repository that is listed all the same (FACTS 10), None for ordinary ones. `held` lets pushes
    leave `updated_on` as it is, for a while.
    """

    uuid: str
    workspace: str  # uuid
    project: str | None  # uuid
    slug: str
    name: str
    description: str
    created_on: int
    updated_on: int
    serial: int  # order of creation in the world
    size: int = 0
    language: str = ""
    mainbranch: str | None = "main"
    is_private: bool = True
    fork_policy: str = "no_public_forks"
    parent: str | None = None  # uuid
    pipelines_enabled: bool = True
    hidden_from: set[str] = field(default_factory=set)
    blocked_status: int | None = None
    held: bool = False
    generate: Callable[[Repository], None] | None = None
    _contents: Contents | None = None

    @property
    def contents(self) -> Contents:
        """Everything below it, made now if nobody looked before."""
        if self._contents is None:
            fill, self.generate = self.generate, None
            self._contents = Contents()  # there before it is filled: who fills it uses the repository
            try:
                if fill is not None:
                    fill(self)
            except AttributeError as error:  # would look as if `contents` itself were missing
                raise RuntimeError(f"cannot generate {self.slug}") from error
        return self._contents

    def is_visible_to(self, credential: str) -> bool:
        """Whether the credential of this name is allowed to see it."""
        return EVERYBODY not in self.hidden_from and credential not in self.hidden_from
