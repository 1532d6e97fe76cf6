"""The cheap look at a repository: counts, heads, and whether the stored history is whole.

What seems wrong is confirmed by reading the list itself: only that is a difference.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bitbucket_source.api.errors import NotFound
from bitbucket_source.sync.commits import CommitsCursor
from bitbucket_source.sync.pipelines import PipelinesCursor
from bitbucket_source.sync.pull_requests import PullRequestsCursor
from bitbucket_source.tables import COMMIT_PARENTS, COMMITS, PIPELINES, PULL_REQUESTS, Table
from bitbucket_source.verification.lists import compare_commits, compare_pipelines, compare_pull_requests, since_of
from bitbucket_source.verification.look import Look, pull_request_since, pushed_since

_BY_SIZE = "counted against the list's size"


def count_pull_requests(look: Look) -> None:
    """Whether as many pull requests are stored as the list says it has."""
    groups = look.groups(PULL_REQUESTS, PullRequestsCursor)
    if not groups:
        return
    since = since_of([cursor for cursor, _ in groups])
    size = look.ask.glance(PULL_REQUESTS, look.place, {"q": f'updated_on>="{since}"' if since else "id>0"}).size
    stored = look.stored.keys(PULL_REQUESTS, look.place)
    if _is_counted(look, PULL_REQUESTS, size, len(stored)):
        return
    new = 0
    for cursor, tables in groups:
        params = {"q": f'updated_on>"{cursor.updated_on}"', "sort": "updated_on"}
        rows = [row for page in look.ask.pages(PULL_REQUESTS, look.place, params) for row in page.rows]
        keys = look.comparison.objects(PULL_REQUESTS, rows, look.place, tables, pull_request_since(cursor))
        new = len(keys - stored)
    if not _is_counted(look, PULL_REQUESTS, size, len(stored), beside=new):
        listed, _ = compare_pull_requests(look)
        _tell_of_size(look, PULL_REQUESTS, size, listed)


def count_pipelines(look: Look) -> None:
    """Whether as many runs are stored as the list says it has, but for those that are new since the last sync."""
    groups = look.groups(PIPELINES, PipelinesCursor)
    if not groups:
        return
    cursor = min((cursor for cursor, _ in groups), key=lambda cursor: cursor.read)
    stored = look.stored.keys(PIPELINES, look.place)
    try:
        size = look.ask.glance(PIPELINES, look.place).size
    except NotFound:
        if stored:
            raise
        return
    new = max(0, (size or 0) - cursor.read)
    if new:
        look.findings.tell(f"pipelines of {look.name}: {new} more since the last sync")
    if not _is_counted(look, PIPELINES, size, len(stored), beside=new + cursor.first):
        listed = compare_pipelines(look)
        _tell_of_size(look, PIPELINES, size, listed + cursor.first)


def _is_counted(look: Look, table: Table, size: int | None, stored: int, *, beside: int = 0) -> bool:
    """Whether nothing is left to confirm; `beside` are in the list and not stored: new ones, those before `since`."""
    if size is None:
        look.findings.tell(f"{table.name} of {look.name}: not counted: the list does not say how many it has")
        return True
    if size != stored + beside:
        return False
    look.findings.looked(table, _BY_SIZE)
    look.findings.count_by_size(table, stored)
    return True


def _tell_of_size(look: Look, table: Table, size: int | None, listed: int) -> None:
    look.findings.looked(table, "lists read where a count differed")
    if size != listed:
        look.findings.tell(
            f"{table.name} of {look.name}: Bitbucket counts {size}, its list has {listed}: compared with the list"
        )


def check_commits(look: Look) -> None:
    """Whether Bitbucket's heads reach what the stored ones do, and whether just that is stored.

    Where the heads are the same, without a request.
    """
    for cursor, tables in look.groups(COMMITS, CommitsCursor):
        pushed = pushed_since(look, cursor)
        look.findings.looked(COMMITS, "heads compared")
        if COMMITS not in tables or COMMIT_PARENTS not in tables or cursor.targets:
            continue
        for table in (COMMITS, COMMIT_PARENTS):
            look.findings.looked(table, "the stored history walked from the heads")
        stored = {sha for _, sha in look.stored.keys(COMMITS, look.place)}
        edges = look.stored.keys(COMMIT_PARENTS, look.place)
        reached = _reached(cursor, _graph(look, {sha for _, sha, _ in edges}))
        unlike = {sha for sha in reached ^ stored if not pushed.is_new(sha)}
        new = [sha for sha in look.job.refs.heads() if pushed.is_new(sha)]
        if new:
            look.findings.tell(f"commits of {look.name}: new ones were pushed since the last sync")
        if any(pushed.is_dropped(sha) for sha in cursor.heads):
            look.findings.tell(f"commits of {look.name}: some were dropped since the last sync")
        look.findings.count_by_size(COMMITS, len(stored))
        look.findings.count_by_size(COMMIT_PARENTS, len(edges))
        if unlike:
            look.findings.looked(COMMITS, "lists read where the history had gaps")
            compare_commits(look)


def _graph(look: Look, with_edges: set[str]) -> Mapping[str, tuple[str, ...]]:
    """The parents of each stored commit; of those marked as deleted only what no mark hides."""
    parents = look.stored.parents(look.job.repository.uuid)
    return {sha: above for sha, above in parents.items() if sha in with_edges or not above}


def _reached(cursor: CommitsCursor, graph: Mapping[str, tuple[str, ...]]) -> set[str]:
    """What the heads of the last sync reach in the stored history, but for what lies below the date it began at."""
    reached: set[str] = set()
    ahead: list[Any] = list(cursor.heads)
    below = set(cursor.below)
    while ahead:
        sha = ahead.pop()
        if sha not in reached and (sha in graph or sha not in below):
            reached.add(sha)
            ahead += graph.get(sha, ())
    return reached
