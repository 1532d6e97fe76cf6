"""The world: a clock, people, repositories and credentials."""

from __future__ import annotations

from dataclasses import dataclass, field
from threading import RLock
from typing import TYPE_CHECKING

from bitbucket_emulator.world.model.time import MILLISECOND, jitter

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bitbucket_emulator.world.model.people import Credential, Group, Membership, Project, User, Workspace
    from bitbucket_emulator.world.model.repository import Repository
    from bitbucket_emulator.world.model.settings import Runner, Variable


@dataclass(slots=True)
class World:
    """All there is. Hold `lock` while reading or changing it from several threads.

    The first workspace is the company's own. `emails` maps an address to the uuid of the account that owns it.
    `former_slugs` maps (workspace uuid, old slug) to the uuid of the repository that was renamed.
    `unsettled_moves` decides what nobody knows: whether tasks, build statuses, comment edits and resolutions, and
    retargets move the `updated_on` of a pull request (FACTS 11.2). `refs_compare_naturally` decides another such thing:
    whether `q=name>` of branches and tags knows numbers as `sort=name` does (FACTS 2), or compares letter by letter.
    `unstarted_deployments_first` a third: where in a list sorted by start those stand that have none (FACTS 2).
    `merge_commits_are_listed` a fourth: whether the commits of a merged pull request begin with its merge commit
    (FACTS 3). `probable_moves` a fifth: whether edits of title, description and reviewers, a place in the merge queue
    and the deletion of comments move `updated_on`, which is only probable (FACTS 3, 11.2).
    """

    seed: int
    clock: int  # microseconds
    workspaces: dict[str, Workspace] = field(default_factory=dict)  # by uuid
    projects: dict[str, Project] = field(default_factory=dict)  # by uuid
    users: dict[str, User] = field(default_factory=dict)  # by uuid
    memberships: list[Membership] = field(default_factory=list)
    groups: list[Group] = field(default_factory=list)
    emails: dict[str, str] = field(default_factory=dict)  # address -> user uuid
    repositories: dict[str, Repository] = field(default_factory=dict)  # by uuid
    slugs: dict[tuple[str, str], str] = field(default_factory=dict)  # (workspace uuid, slug) -> repository uuid
    former_slugs: dict[tuple[str, str], str] = field(default_factory=dict)
    variables: dict[str, Variable] = field(default_factory=dict)  # of the company's workspace, by uuid
    runners: dict[str, Runner] = field(default_factory=dict)  # by uuid
    credentials: dict[str, Credential] = field(default_factory=dict)  # by name
    unsettled_moves: bool = False
    probable_moves: bool = True
    refs_compare_naturally: bool = False
    unstarted_deployments_first: bool = False
    merge_commits_are_listed: bool = False
    repository_count: int = 0  # ever created
    lock: RLock = field(default_factory=RLock, repr=False)

    @property
    def workspace(self) -> Workspace:
        """The company's workspace."""
        return next(iter(self.workspaces.values()))

    def tick(self) -> int:
        """Let a few milliseconds pass and return the new time."""
        self.clock += jitter(self.clock, 3 * MILLISECOND, 9 * MILLISECOND)
        return self.clock

    def reach(self, time: int) -> int:
        """Let the clock be at least `time`; returns `time`."""
        self.clock = max(self.clock, time)
        return time

    def next_serial(self) -> int:
        """The next repository's serial; those of deleted ones are not used again."""
        self.repository_count += 1
        return self.repository_count

    def user(self, uuid: str | None) -> User | None:
        """The account, None where it was deleted (Bitbucket then shows null, FACTS 10)."""
        user = self.users.get(uuid) if uuid else None
        return None if user is None or user.deleted else user

    def is_bot(self, uuid: str) -> bool:
        """Whether the account is a program's."""
        user = self.users.get(uuid)
        return user is not None and (user.robot or user.kind == "app_user")

    def user_named(self, nickname: str) -> User:
        """The account of this nickname; raises KeyError unless there is exactly one that is not deleted."""
        found = [each for each in self.users.values() if each.nickname == nickname and not each.deleted]
        if len(found) != 1:
            raise KeyError(nickname)
        return found[0]

    def account(self, raw: str) -> User | None:
        """The account that owns the e-mail of "Name <e-mail>", None for contributors without one."""
        return self.user(self.emails.get(raw[raw.rfind("<") + 1 : -1].lower()))

    def raw(self, user: User) -> str:
        """ "Name <e-mail>" as the user's git writes it, with the first e-mail known of the account."""
        email = next((email for email, owner in self.emails.items() if owner == user.uuid), None)
        return f"{user.display_name} <{email or user.nickname.lower() + '@users.example.org'}>"

    def repository(self, workspace: str, name: str) -> Repository | None:
        """The repository of this slug or uuid in the workspace of this uuid."""
        found = self.repositories.get(name) or self.repositories.get(self.slugs.get((workspace, name.lower()), ""))
        return found if found is not None and found.workspace == workspace else None

    def find_workspace(self, name: str) -> Workspace | None:
        """The workspace of this slug or uuid."""
        return self.workspaces.get(name) or next((w for w in self.workspaces.values() if w.slug == name.lower()), None)

    def repositories_of(self, workspace: str) -> Iterator[Repository]:
        """The repositories of the workspace of this uuid, oldest first; their contents stay untouched."""
        return (each for each in self.repositories.values() if each.workspace == workspace)

    def can_see(self, credential: Credential, repository: Repository) -> bool:
        """Whether the credential may see the repository: granted, and not hidden from it."""
        granted = credential.repositories is None or repository.uuid in credential.repositories
        return granted and repository.is_visible_to(credential.name)
