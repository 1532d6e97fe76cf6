"""Trailers are read as git reads them."""

from __future__ import annotations

import subprocess

import pytest

from tests.truth.trailers import trailers

_MESSAGES = {
    "no-trailer": "Fix it\n\nThere was a bug.\n",
    "title-alone": "Signed-off-by: Ann <ann@example.org>",
    "one": "Fix it\n\nSigned-off-by: Ann <ann@example.org>\n",
    "two-and-text": "Fix it\n\nBecause.\n\nCo-authored-by: Bob <b@example.org>\nReviewed-by: Cleo\n",
    "folded": "Fix it\n\nNote: begins\n  goes on\n\tand ends\nReviewed-by: Cleo\n",
    "no-space-behind-colon": "Fix it\n\nKey:value\n",
    "space-before-colon": "Fix it\n\nKey : value\n",
    "text-in-last-paragraph": "Fix it\n\nKey: value\nand some words\n",
    "text-beside-one-of-git": "Fix it\n\nSigned-off-by: Ann <ann@example.org>\nand some words\n",
    "too-much-text": "Fix it\n\none\ntwo\nthree\nfour\nSigned-off-by: Ann <ann@example.org>\n",
    "cherry-picked": "Fix it\n\nKey: value\n(cherry picked from commit 0123456789abcdef0123456789abcdef01234567)\n",
    "key-with-blank": "Fix it\n\nSee also: that\n",
    "url": "Fix it\n\nhttps://example.org/x\n",
    "two-paragraphs": "Fix it\n\nKey: value\n\nOther: value\n\n\n",
    "empty-value": "Fix it\n\nKey:\n",
    "windows": "Fix it\r\n\r\nKey: value\r\nOther: value\r\n",
    "blank-line-with-spaces": "Fix it\n  \nKey: value\n",
}


@pytest.mark.parametrize("message", _MESSAGES.values(), ids=_MESSAGES)
def test_git_finds_the_same(message: str) -> None:
    command = ["git", "interpret-trailers", "--parse", "--no-divider"]
    told = subprocess.run(command, input=message.encode(), capture_output=True, check=True).stdout.decode()
    expected = [line.rstrip("\r").partition(":") for line in told.splitlines()]
    assert trailers(message) == [{"key": key, "value": value.strip()} for key, _, value in expected]


def test_reverted_commits_are_found_anywhere() -> None:
    message = 'Revert "A"\n\nThis reverts commit 0123456789abcdef0123456789abcdef01234567.\n\nReviewed-by: Cleo\n'
    assert {"key": "This reverts commit", "value": "0123456789abcdef0123456789abcdef01234567"} in trailers(message)
    assert {"key": "Reviewed-by", "value": "Cleo"} in trailers(message)
