"""Trailers of commit messages, read as git reads them, and what a revert reverts.

git's rules: `git help interpret-trailers`, and trailer.c in its source.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from bitbucket_source.tables import COMMIT_TRAILERS
from bitbucket_source.tables.rowtype import row_type

REVERT = "This reverts commit"
"""What git writes into the message of a revert; as a key it cannot be taken for a trailer's, which has no spaces."""

_REVERTED = re.compile(rf"{REVERT}\s+([0-9a-f]{{7,40}})\b")
_TRAILER = re.compile(r"([A-Za-z0-9-]+)[ \t]*:(.*)", re.DOTALL)
_LIKE_A_TRAILER = re.compile(r"\n[A-Za-z0-9-]+[ \t]*:")
"""Somewhere behind the title: most messages have none, and need not be taken apart."""
_WRITTEN_BY_GIT = ("Signed-off-by: ", "(cherry picked from commit ")
"""Lines that make a paragraph one of trailers although others stand beside them."""
_PART_OF_TRAILERS = 3
"""Then at most three lines that are none may come on each that is one."""


def trailer_rows(commits: Iterable[Any]) -> list[Any]:
    """The rows of commit_trailers that the messages of commits make."""
    row = row_type(COMMIT_TRAILERS)
    return [
        row(hash=commit.hash, position=position, key=key, value=value)
        for commit in commits
        for position, (key, value) in enumerate(trailers(commit.message or ""))
    ]


def trailers(message: str) -> list[tuple[str, str]]:
    """Key and value of each trailer of a message, in their order, and behind them each commit that it reverts."""
    found = list(_of_last_paragraph(message)) if _LIKE_A_TRAILER.search(message) else []
    return [*found, *((REVERT, sha) for sha in _REVERTED.findall(message))] if REVERT in message else found


def _of_last_paragraph(message: str) -> Iterator[tuple[str, str]]:
    lines = _unfolded(_last_paragraph(message))
    found = [_TRAILER.fullmatch(line[0]) for line in lines]
    theirs = [line[0].startswith(_WRITTEN_BY_GIT) for line in lines]
    count = sum(bool(match) or own for match, own in zip(found, theirs, strict=True))
    others = sum(len(line) for line, match, own in zip(lines, found, theirs, strict=True) if not match and not own)
    if others and not (any(theirs) and count * _PART_OF_TRAILERS >= others):
        return
    for line, match in zip(lines, found, strict=True):
        if match is not None:
            yield match[1], " ".join([match[2].strip(), *line[1:]]).strip()


def _last_paragraph(message: str) -> list[str]:
    """The lines behind the last blank line, without those that git takes for comments; none where they are the title.

    From the end on: most of a long message need not be looked at.
    """
    found: list[str] = []
    lines = reversed(message.split("\n"))
    for line in lines:
        if not line.strip():
            if found:
                break
        elif not line.startswith("#"):
            found.append(line)
    is_title = not any(line.strip() and not line.startswith("#") for line in lines)
    return [] if is_title else found[::-1]


def _unfolded(lines: list[str]) -> list[list[str]]:
    """The lines of a paragraph, each with those that go on with it: they begin with a space."""
    unfolded: list[list[str]] = []
    for line in lines:
        if line[0].isspace() and unfolded:
            unfolded[-1].append(line.strip())
        else:
            unfolded.append([line.rstrip()])
    return unfolded
