"""Workspaces, projects, people and their credentials."""

from __future__ import annotations

from dataclasses import dataclass, field

from bitbucket_emulator.world.model.settings import RepositoryPermission


@dataclass(slots=True)
class Workspace:
    """A workspace; `created_on` in microseconds."""

    uuid: str
    slug: str
    name: str
    created_on: int
    is_private: bool = True


@dataclass(slots=True)
class Project:
    """A project of a workspace."""

    uuid: str
    workspace: str  # uuid
    key: str
    name: str
    description: str
    created_on: int
    updated_on: int
    is_private: bool = True
    permissions: list[RepositoryPermission] = field(default_factory=list)
    default_reviewers: list[str] = field(default_factory=list)  # user uuids


@dataclass(slots=True)
class User:
    """An account: `kind` is user, team or app_user (an access token or an app that acts).

    `robot`: it is a program, whatever its kind; the API does not say so.
    """

    uuid: str
    account_id: str | None
    nickname: str
    display_name: str
    created_on: int
    kind: str = "user"
    deleted: bool = False
    robot: bool = False


@dataclass(slots=True)
class Membership:
    """A user's place in a workspace; `permission` is owner, collaborator or member."""

    workspace: str  # uuid
    user: str  # uuid
    permission: str
    added_on: int
    last_accessed: int | None = None


@dataclass(slots=True)
class Group:
    """A group of workspace members that permissions are given to."""

    workspace: str  # uuid
    slug: str
    name: str
    members: list[str] = field(default_factory=list)  # user uuids


@dataclass(slots=True)
class Credential:
    """Something a client signs in with.

    `kind` is basic (email + token), bearer (token) or oauth (client id + secret). `repositories` restricts it to
    those uuids, None means all. `rate_limit` is requests per hour, None means unlimited. `callback_url` is what the
    `redirect_uri` of an OAuth consumer must begin with; '' takes any.
    """

    name: str
    kind: str
    scopes: frozenset[str]
    user: str  # uuid of the account it acts as
    token: str = ""  # also the secret of an OAuth consumer
    email: str = ""
    client_id: str = ""
    repositories: frozenset[str] | None = None
    rate_limit: int | None = None
    callback_url: str = ""
