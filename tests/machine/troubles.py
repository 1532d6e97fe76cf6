"""What happens to a request, by the name under which a failing example shows it."""

from __future__ import annotations

from typing import Any

TROUBLES: dict[str, dict[str, Any]] = {
    "500": {"kind": "status", "status": 500},
    "503": {"kind": "status", "status": 503},
    "an HTML page": {"kind": "html", "status": 200},
    "429": {"kind": "rate_limit"},
    "half an answer": {"kind": "cut"},
    "no answer": {"kind": "cut_before_headers"},
    "JSON that ends in the middle": {"kind": "truncate"},
    "no JSON": {"kind": "bad_json"},
    "short pages": {"kind": "pagelen", "value": 25},
    "shorter pages": {"kind": "pagelen", "value": 5},
    "a row twice": {"kind": "repeat_row"},
    "another clock": {"kind": "clock", "seconds": -7200},
    "a wrong size": {"kind": "wrong_size", "value": 3},
}
"""Whoever reads can tell that something is wrong, or need not mind."""

LIES: dict[str, dict[str, Any]] = {
    "no rows": {"kind": "empty_list"},
    "no rows on this page": {"kind": "empty_page"},
    "the page before": {"kind": "repeat_page"},
    "pages in a circle": {"kind": "next_seen"},
    "a next that leads nowhere": {"kind": "next_itself"},
    "not found": {"kind": "status", "status": 404},
    "gone for good": {"kind": "status", "status": 410},
}
"""An answer that looks right and is wrong: what it hid is found when it is there again, or by an audit."""

LISTS = (
    "/refs/", "/commits", "/pullrequests", "/activity", "/comments", "/diffstat", "/pipelines/$", "/steps",
    "/deployments/$", "/environments/$", "/statuses", "/reports", "/test_reports", "-reviewers", "/repositories/acme$",
    "/workspaces/", "",
)  # fmt: skip
"""Parts of paths: where trouble strikes."""
