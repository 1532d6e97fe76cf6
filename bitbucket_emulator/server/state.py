"""All that a running emulator keeps besides the world."""

from __future__ import annotations

from dataclasses import dataclass, field

from bitbucket_emulator.server.faults import Faults
from bitbucket_emulator.server.feeds import Feeds
from bitbucket_emulator.server.grants import Grants
from bitbucket_emulator.server.rate_limit import Limiter, RateLimits
from bitbucket_emulator.server.request_log import RequestLog
from bitbucket_emulator.server.walks import Walks
from bitbucket_emulator.world.model import World


@dataclass(slots=True)
class State:
    """The world and the server's own memory."""

    world: World
    limiter: Limiter
    faults: Faults = field(default_factory=Faults)
    log: RequestLog = field(default_factory=RequestLog)
    grants: Grants = field(default_factory=Grants)
    walks: Walks = field(default_factory=Walks)
    feeds: Feeds = field(default_factory=Feeds)


def new_state(world: World, limits: RateLimits | None = None) -> State:
    """A fresh state over a world."""
    return State(world, Limiter(world, limits or RateLimits()))
