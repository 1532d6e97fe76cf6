"""What stands at the end of a commit's message: `Key: value`, as git reads it, and which commit it reverts.

git's own rules (`git help interpret-trailers`, trailer.c): the last paragraph holds them unless it is the title; lines
that are none are allowed beside them only where git itself wrote one of its own and a quarter are trailers.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_TRAILER = re.compile(r"([A-Za-z0-9-]+)[ \t]*:(.*)", re.DOTALL)
_OF_GIT = ("Signed-off-by: ", "(cherry picked from commit ")
REVERTS = "This reverts commit"
_REVERT = re.compile(rf"{REVERTS}\s+([0-9a-f]{{7,40}})\b")


def trailers(message: str) -> list[dict[str, str]]:
    """Key and value of each, in their order; the commits that it reverts behind them, ."""
    found = [{"key": key, "value": value} for key, value in _in_last_paragraph(message)]
    return found + [{"key": REVERTS, "value": each} for each in _REVERT.findall(message)]


def _in_last_paragraph(message: str) -> Iterator[tuple[str, str]]:
    paragraphs = re.split(r"\n(?:[ \t]*\n)+", message.replace("\r\n", "\n").strip("\n"))
    lines = _unfolded(paragraphs[-1])
    trailing = [match for line in lines if (match := _TRAILER.fullmatch(line))]
    written_by_git = [line for line in lines if line.startswith(_OF_GIT)]
    others = len(lines) - len(trailing) - sum(line.startswith(_OF_GIT[1]) for line in lines)
    if len(paragraphs) > 1 and (others == 0 or (written_by_git and 3 * (len(lines) - others) >= others)):
        yield from ((match[1], match[2].strip()) for match in trailing)


def _unfolded(paragraph: str) -> list[str]:
    """Its lines; one that begins with a space goes on with the one before."""
    lines: list[str] = []
    for line in paragraph.split("\n"):
        if line[:1].isspace() and lines:
            lines[-1] += f" {line.strip()}"
        else:
            lines.append(line)
    return lines
