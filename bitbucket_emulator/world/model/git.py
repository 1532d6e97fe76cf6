"""Commits, the files they change, and tags."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from bitbucket_emulator.world.model.identity import git_hash
from bitbucket_emulator.world.model.time import SECOND


class FileChange(NamedTuple):
    """What one commit did to one file; `status` is added, modified, removed or renamed (then `old_path` is set)."""

    path: str
    status: str
    lines_added: int
    lines_removed: int
    old_path: str | None = None


@dataclass(slots=True, frozen=True, eq=False)
class Commit:
    """A commit. `date` is in microseconds, whole seconds; `author_raw` is "Name <e-mail>".

    The account behind an e-mail is not stored: `World.account(raw)` looks it up, because a mapping can change later.
    `changes` of a merge is empty, as in `git log --numstat`; `graph.changes` computes it against the first parent.
    `rank` is git's corrected commit date: never older than any ancestor's, so descending rank is a topological order
    even where clocks went backwards.
    """

    hash: str
    parents: tuple[str, ...]
    author_raw: str
    committer_raw: str
    date: int
    message: str
    changes: tuple[FileChange, ...]
    rank: int


@dataclass(slots=True)
class Tag:
    """A tag; `message`, `date` and `tagger_raw` are None for a lightweight one."""

    name: str
    target: str  # hash
    message: str | None = None
    date: int | None = None
    tagger_raw: str | None = None


def commit_hash(
    parents: tuple[str, ...],
    author_raw: str,
    committer_raw: str,
    date: int,
    message: str,
    changes: tuple[FileChange, ...],
) -> str:
    """The hash of a commit of this content; the changes stand in for git's tree."""
    seconds = date // SECOND
    lines = [f"tree {git_hash('tree', repr(changes).encode())}"]
    lines += [f"parent {parent}" for parent in parents]
    lines += [f"author {author_raw} {seconds} +0000", f"committer {committer_raw} {seconds} +0000", "", message]
    return git_hash("commit", "\n".join(lines).encode())
