"""The feed of a repository: the activity of all its pull requests in one list, newest first.

It takes neither a query nor an order (FACTS 2), so that it is read from its top down to what is known.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Any, TypeAlias

import msgspec

from bitbucket_source.api.decode import Page
from bitbucket_source.api.errors import BadRequest, NotFound, UnsafeLink
from bitbucket_source.sync.activity import Happenings, happenings_said
from bitbucket_source.sync.ask import Ask
from bitbucket_source.sync.below import Below, Feed
from bitbucket_source.sync.events import Event
from bitbucket_source.sync.job import Job, earlier, moment
from bitbucket_source.sync.tally import Tally
from bitbucket_source.tables import PULL_REQUEST_ACTIVITY

PATH = "/repositories/{workspace}/{repository_uuid}/pullrequests/activity"

Walk: TypeAlias = Generator[Event | Below, None, Below]
"""Says what was read; a Below is a safe point, and what is left in the end"""


def walk_feed(ask: Ask, job: Job, below: Below, tally: Tally) -> Walk:
    """The feed down to where `below.feed` says, each page a safe point. Raises BitbucketError where it cannot be read.

    A walk that was cut goes on where it stood, or begins again where Bitbucket no longer knows that place.
    """
    left = below.feed
    while left is not None:
        feed: Feed = left
        try:
            left = yield from _onward(ask, job, below, feed, tally)
        except (BadRequest, NotFound, UnsafeLink):
            if not feed.next:
                raise
            left = _from_the_top(feed)
    return below


def _onward(ask: Ask, job: Job, below: Below, feed: Feed, tally: Tally) -> Generator[Event | Below, None, Feed | None]:
    """One walk; returns what is left to walk behind it."""
    resumed = bool(feed.next)
    happenings = Happenings(ask, job)
    pages = ask.raw_pages(PULL_REQUEST_ACTIVITY, job.repository.place, path=PATH, going_on_at=feed.next)
    for page in pages:
        found = yield from happenings.of_page(page.rows)
        tally.add_happenings(found)
        yield from happenings_said(job, found, with_comments=feed.everything)
        dates = [each.row.date for each in found if each.row.date]
        feed = _with(feed, top=feed.top or (dates[0] if dates else ""), next=page.next_url or "")
        if _is_done(page, dates, feed.down_to):
            break
        yield below.with_feed(feed)
    # what came in at the top since a walk began that was cut
    return _with(_from_the_top(feed), down_to=earlier(feed.top)) if resumed and feed.top else None


def _is_done(page: Page[msgspec.Raw], dates: list[str], down_to: str) -> bool:
    return page.next_url is None or (bool(dates) and moment(dates[-1]) < moment(down_to))


def _from_the_top(feed: Feed) -> Feed:
    return _with(feed, next="", top="")


def _with(feed: Feed, **changes: Any) -> Feed:
    return msgspec.structs.replace(feed, **changes)
