"""A local stand-in for Bitbucket Cloud: a believable company behind the real API's forms, quirks and failures."""

from bitbucket_emulator.emulator import Emulator
from bitbucket_emulator.server.faults import Fault
from bitbucket_emulator.server.rate_limit import RateLimits
from bitbucket_emulator.server.request_log import Entry
from bitbucket_emulator.world.generate import generate_world
from bitbucket_emulator.world.model import Credential, World
from bitbucket_emulator.world.truth import Truth, truth_of

__all__ = ["Credential", "Emulator", "Entry", "Fault", "RateLimits", "Truth", "World", "generate_world", "truth_of"]
