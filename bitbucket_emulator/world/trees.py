"""The files of a commit. The world keeps what commits changed, not what is in the files: their text is made up.

A file has the lines that were added to it and not removed; each line names the file and its number.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bitbucket_emulator.world import graph

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bitbucket_emulator.world.model import FileChange, Repository


def files(repository: Repository, commit_hash: str) -> dict[str, str]:
    """Path -> text of every file of a commit, by path."""
    changes = graph.net_changes(graph.log(repository, [commit_hash]))
    return {each.path: _text(each) for each in changes if each.status != "removed"}


def unified_diff(changes: Iterable[FileChange]) -> str:
    """The changes as git prints them: one hunk a file, with as many lines as were added and removed."""
    return "".join(_of_file(each) for each in changes)


def _text(change: FileChange) -> str:
    count = max(change.lines_added - change.lines_removed, 0)
    return "".join(f"{change.path}: {number}\n" for number in range(1, count + 1))


def _of_file(change: FileChange) -> str:
    old, new = change.old_path or change.path, change.path
    header = [f"diff --git a/{old} b/{new}"]
    header += {
        "added": ["new file mode 100644"],
        "removed": ["deleted file mode 100644"],
        "renamed": [f"rename from {old}", f"rename to {new}"],
    }.get(change.status, [])
    if change.lines_added or change.lines_removed:
        header.append("--- /dev/null" if change.status == "added" else f"--- a/{old}")
        header.append("+++ /dev/null" if change.status == "removed" else f"+++ b/{new}")
        header.append(f"@@ -{_span(change.lines_removed)} +{_span(change.lines_added)} @@")
    removed = [f"-{old}: {number}" for number in range(1, change.lines_removed + 1)]
    added = [f"+{new}: {number} changed" for number in range(1, change.lines_added + 1)]
    return "\n".join([*header, *removed, *added, ""])


def _span(count: int) -> str:
    return f"1,{count}" if count else "0,0"
