"""Pull requests and what is said and done about them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

OPEN = "OPEN"
MERGED = "MERGED"
DECLINED = "DECLINED"
SUPERSEDED = "SUPERSEDED"


@dataclass(slots=True)
class Participant:
    """Somebody's part; `role` REVIEWER or PARTICIPANT, `state` approved, changes_requested or None."""

    user: str  # uuid
    role: str
    state: str | None = None
    participated_on: int | None = None

    @property
    def approved(self) -> bool:
        """Whether the approval stands."""
        return self.state == "approved"


@dataclass(slots=True)
class Inline:
    """Where in the diff a comment sits: line `to` of the new or `from_` of the old file, both None for the file."""

    path: str
    to: int | None = None
    from_: int | None = None
    outdated: bool = False


@dataclass(slots=True)
class Comment:
    """A comment; a deleted one stays with emptied `content` (FACTS 3). `resolved_by` is set with `resolved_on`."""

    id: int
    user: str  # uuid
    content: str
    created_on: int
    updated_on: int
    deleted: bool = False
    parent: int | None = None
    inline: Inline | None = None
    pending: bool = False
    resolved_by: str | None = None
    resolved_on: int | None = None


@dataclass(slots=True)
class Task:
    """A task; `state` is UNRESOLVED or RESOLVED."""

    id: int
    creator: str  # uuid
    content: str
    created_on: int
    updated_on: int
    state: str = "UNRESOLVED"
    comment: int | None = None
    pending: bool = False
    resolved_by: str | None = None
    resolved_on: int | None = None


@dataclass(slots=True)
class Update:
    """The pull request as it stood after a change: the `update` of an activity event."""

    state: str
    draft: bool
    title: str
    description: str
    reason: str
    source_branch: str
    source_hash: str
    destination_branch: str
    destination_hash: str
    reviewers: tuple[str, ...]  # user uuids
    changes: tuple[tuple[str, str, str], ...] = ()  # (field, old, new)


@dataclass(slots=True)
class ActivityEvent:
    """An event of the activity feed; `kind` is update (then `update` is set), approval or changes_requested."""

    kind: str
    date: int
    user: str  # uuid
    update: Update | None = None


@dataclass(slots=True)
class PullRequest:
    """A pull request. Hashes are whole here; Bitbucket shows 12 digits of most.

    `source_repository` is the uuid of a repository that may be gone (a deleted fork): look it up, show null.
    `events` are oldest first and hold no comments; `feed` is the activity as Bitbucket lists it.
    """

    id: int
    repository: str  # uuid
    title: str
    description: str
    author: str  # uuid
    source_repository: str  # uuid
    source_branch: str
    source_hash: str
    destination_branch: str
    destination_hash: str
    created_on: int
    updated_on: int
    state: str = OPEN
    draft: bool = False
    queued: bool = False
    reason: str = ""
    close_source_branch: bool = False
    merge_commit: str | None = None  # hash
    closed_by: str | None = None  # uuid
    closed_on: int | None = None
    participants: list[Participant] = field(default_factory=list)
    comments: dict[int, Comment] = field(default_factory=dict)
    events: list[ActivityEvent] = field(default_factory=list)
    tasks: dict[int, Task] = field(default_factory=dict)

    @property
    def reviewers(self) -> list[str]:
        """Uuids of those asked to review, in the order they were asked."""
        return [each.user for each in self.participants if each.role == "REVIEWER"]

    @property
    def comment_count(self) -> int:
        """Comments that are not deleted (FACTS 3)."""
        return sum(not comment.deleted for comment in self.comments.values())

    @property
    def task_count(self) -> int:
        """Tasks still unresolved."""
        return sum(task.state == "UNRESOLVED" for task in self.tasks.values())

    def participant(self, user: str) -> Participant | None:
        """The participant with this user uuid."""
        return next((each for each in self.participants if each.user == user), None)

    def feed(self) -> Iterator[tuple[int, ActivityEvent | Comment]]:
        """(date, event or comment), newest first, as the activity feed lists them."""
        entries: list[tuple[int, ActivityEvent | Comment]] = [(event.date, event) for event in self.events]
        entries += [(comment.created_on, comment) for comment in self.comments.values()]
        # reversed first, the sort being stable: of two at the same instant the later recorded comes first
        entries.reverse()
        return iter(sorted(entries, key=lambda entry: -entry[0]))


@dataclass(slots=True)
class BuildStatus:
    """A build status of a commit; `state` INPROGRESS, SUCCESSFUL, FAILED or STOPPED; `key` unique per commit."""

    uuid: str
    commit: str  # hash
    key: str
    state: str
    name: str
    description: str
    url: str
    refname: str | None
    created_on: int
    updated_on: int
