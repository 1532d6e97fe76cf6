"""What the audit will spend of a sync."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, datetime

from bitbucket_source.planning.figures import NOTHING, Figure
from bitbucket_source.sync.audit import FRESH_SECONDS, KINDS, Round, Share
from bitbucket_source.tables import Table

_UNIT = 4
"""The requests of one unit: the last one may begin with one request left."""
_OTHERWISE_PAGED = 0.2
"""The audit walks the lists in other ways than a first read, with a few more or less pages."""


def is_anything_due(selected: frozenset[Table], rounds: Mapping[str, Round]) -> bool:
    """Whether rows are verified now: not those that were lately, nor those that no sync has read yet."""
    return any(_is_due(rounds[kind.name]) for kind in KINDS if kind.tables & selected and kind.name in rounds)


def spent_of_share(share: Share, made: Figure) -> Figure:
    """Of a sync that makes so many other requests and in which something is due: it may all be verified for less."""
    granted = share.of(made.high)
    return Figure(0, math.ceil(granted) + _UNIT) if granted else NOTHING


def spent_on_everything(first_read: Figure) -> Figure:
    """Where everything is verified that a first read costs so much to read."""
    fewer, more = first_read.low * (1 - _OTHERWISE_PAGED), first_read.high * (1 + _OTHERWISE_PAGED)
    return Figure(math.floor(fewer), math.ceil(more) + _UNIT)


def _is_due(state: Round) -> bool:
    age = datetime.now(UTC) - datetime.fromisoformat(state.before or state.began)
    return age.total_seconds() > FRESH_SECONDS
