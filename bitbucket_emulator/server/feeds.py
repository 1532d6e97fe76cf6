"""The activity of all pull requests of a repository as one list, kept until something happens."""

from __future__ import annotations

from operator import itemgetter
from typing import TypeAlias

from bitbucket_emulator.world.model import ActivityEvent, Comment, PullRequest, Repository

Row: TypeAlias = tuple[int, PullRequest, ActivityEvent | Comment]


class Feeds:
    """One sorted feed per repository."""

    def __init__(self) -> None:
        self._feeds: dict[str, tuple[tuple[int, ...], list[Row]]] = {}

    def rows(self, repository: Repository) -> list[Row]:
        """(date, pull request, event or comment), newest first."""
        requests = repository.pull_requests.values()
        # whatever adds or removes an event moves `updated_on` too; edits and deletions of comments change no row
        state = (
            len(requests),
            sum(len(each.events) for each in requests),
            sum(len(each.comments) for each in requests),
            sum(each.updated_on for each in requests),
        )
        known, rows = self._feeds.get(repository.uuid, ((), []))
        if known != state:
            rows = [(date, each, entry) for each in reversed(requests) for date, entry in each.feed()]
            rows.sort(key=itemgetter(0), reverse=True)
            self._feeds[repository.uuid] = (state, rows)
        return rows
