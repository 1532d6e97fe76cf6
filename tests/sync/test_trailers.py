"""Trailers are what git takes for trailers; a revert names what it reverts wherever it says so."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from bitbucket_source.sync.trailers import trailers

HASH = "5f3a9c0d1e2b4f6a7c8d9e0f1a2b3c4d5e6f7a8b"

EXAMPLES = {
    "co-authors": (
        "Add refunds\n\nAs agreed.\n\nCo-authored-by: Ann <ann@example.org>\nCo-authored-by: Bob <bob@example.org>\n",
        [("Co-authored-by", "Ann <ann@example.org>"), ("Co-authored-by", "Bob <bob@example.org>")],
    ),
    "a title is none": ("fix: refunds", []),
    "a title of two lines is none": ("fix: refunds\nref: ABC-1", []),
    "directly behind the title": ("Refunds\n\nRefs: ABC-1", [("Refs", "ABC-1")]),
    "prose with a colon is none": ("Refunds\n\nThis does: nothing.\nRefs: ABC-1", []),
    "only the last paragraph": ("Refunds\n\nRefs: ABC-1\n\nAnd more.", []),
    "blank lines behind it": ("Refunds\n\nRefs: ABC-1\n\n  \n", [("Refs", "ABC-1")]),
    "a value that goes on": (
        "Refunds\n\nBREAKING-CHANGE: the old\n   field is\n\tgone\nRefs: A",
        [("BREAKING-CHANGE", "the old field is gone"), ("Refs", "A")],
    ),
    "spaces before the colon": ("Refunds\n\nRefs : ABC-1", [("Refs", "ABC-1")]),
    "an empty value": ("Refunds\n\nRefs:\nOwner: Ann", [("Refs", ""), ("Owner", "Ann")]),
    "a key of two words is none": ("Refunds\n\nBREAKING CHANGE: the field is gone", []),
    "beside what git wrote, other lines may stand": (
        "Refunds\n\nSome words\nand more\nSigned-off-by: Ann <ann@example.org>\nand more",
        [("Signed-off-by", "Ann <ann@example.org>")],
    ),
    "but not more than three to one": ("Refunds\n\none\ntwo\nthree\nfour\nSigned-off-by: Ann <ann@example.org>", []),
    "a cherry-pick makes them trailers": (
        f"Refunds\n\nSome words\nRefs: ABC-1\n(cherry picked from commit {HASH})",
        [("Refs", "ABC-1")],
    ),
    "comments do not count": ("Refunds\n\n# a comment\nRefs: ABC-1\n# another", [("Refs", "ABC-1")]),
    "line ends of Windows": ("Refunds\r\n\r\nRefs: ABC-1\r\nOwner: Ann\r\n", [("Refs", "ABC-1"), ("Owner", "Ann")]),
    "letters beyond ASCII are no key": ("Refunds\n\nPrüfer: Ann", []),
    "an address is a key and a value": ("Refunds\n\nhttps://example.org/1", [("https", "//example.org/1")]),
    "a bare colon is none": ("Refunds\n\n: nothing", []),
    "nothing": ("", []),
}

REVERTS = {
    "a revert": (f'Revert "Refunds"\n\nThis reverts commit {HASH}.', [("This reverts commit", HASH)]),
    "of a merge": (
        f"Revert\n\nThis reverts commit {HASH}, reversing\nchanges made to {'a' * 40}.",
        [("This reverts commit", HASH)],
    ),
    "of two, with a trailer": (
        f"Revert\n\nThis reverts commit {HASH}.\nThis reverts commit abc1234.\n\nRefs: A-1",
        [("Refs", "A-1"), ("This reverts commit", HASH), ("This reverts commit", "abc1234")],
    ),
    "of nothing that is a hash": ("Revert\n\nThis reverts commit of yesterday.", []),
}


@pytest.mark.parametrize(("message", "found"), (EXAMPLES | REVERTS).values(), ids=(EXAMPLES | REVERTS).keys())
def test_trailers_of(message: str, found: list[tuple[str, str]]) -> None:
    assert trailers(message) == found


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
@pytest.mark.parametrize(("message", "found"), EXAMPLES.values(), ids=EXAMPLES.keys())
def test_git_finds_the_same(message: str, found: list[tuple[str, str]]) -> None:
    told = subprocess.run(
        ["git", "interpret-trailers", "--parse", "--no-divider"],
        input=message,
        capture_output=True,
        text=True,
        check=True,
    )
    assert [tuple(line.split(": ", 1)) for line in told.stdout.splitlines()] == [(key, value) for key, value in found]
