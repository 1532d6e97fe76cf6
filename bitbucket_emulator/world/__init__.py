"""The world behind the emulator: data, a real commit graph, what people do to it, and a believable company."""

from bitbucket_emulator.world.generate import generate_world
from bitbucket_emulator.world.model import World

__all__ = ["World", "generate_world"]
