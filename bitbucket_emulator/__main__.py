"""`python -m bitbucket_emulator`: serves a generated company until Ctrl-C."""

from __future__ import annotations

import argparse
import sys
import time
from typing import TextIO

from bitbucket_emulator.emulator import Emulator
from bitbucket_emulator.server.rate_limit import RateLimits
from bitbucket_emulator.world.generate import generate_world
from bitbucket_emulator.world.model import Credential


def main(arguments: list[str] | None = None) -> int:
    """Parses the arguments, prints addresses and credentials, serves. Returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m bitbucket_emulator", description=__doc__)
    parser.add_argument("--seed", type=int, default=7, help="the same seed gives the same company (default: 7)")
    parser.add_argument("--repositories", type=int, default=12, help="how many repositories (default: 12)")
    parser.add_argument("--people", type=int, default=20, help="how many people (default: 20)")
    parser.add_argument("--years", type=float, default=2, help="how long they have worked (default: 2)")
    parser.add_argument("--scale", type=float, default=1.0, help="multiplies the activity (default: 1.0)")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: 127.0.0.1)")
    parser.add_argument("--port", type=int, default=8080, help="port to listen on, 0 for any (default: 8080)")
    parser.add_argument("--rate-limit", type=int, metavar="N", help="enforce N requests per real hour and credential")
    given = parser.parse_args(arguments)
    world = generate_world(
        seed=given.seed, repositories=given.repositories, people=given.people, years=given.years, scale=given.scale
    )
    limits = RateLimits(clock="real")
    if given.rate_limit is not None:
        limits = RateLimits(enforced=True, default=given.rate_limit, clock="real")
    try:
        with Emulator(world, given.port, host=given.host, rate_limits=limits) as emulator:
            announce(emulator, sys.stdout)
            while True:
                time.sleep(3600)
    except KeyboardInterrupt:
        return 0


def announce(emulator: Emulator, out: TextIO) -> None:
    """Prints where the emulator listens and what it accepts. Its secrets are fakes and meant to be seen."""
    lines = [
        f"API          {emulator.base_url}",
        f"OAuth        {emulator.oauth_url}",
        f"control      {emulator.control_url}",
        f"workspace    {emulator.world.workspace.slug}",
        *(f"{each.name:<12} {_how(each)}" for each in emulator.world.credentials.values()),
    ]
    print("\n".join(lines), file=out, flush=True)


def _how(credential: Credential) -> str:
    if credential.kind == "basic":
        return f"Basic {credential.email}:{credential.token}"
    if credential.kind == "oauth":
        return f"OAuth client {credential.client_id}, secret {credential.token}"
    return f"Bearer {credential.token}"


if __name__ == "__main__":
    sys.exit(main())
