"""`bitbucket-source emulator`: a local Bitbucket Cloud to try things on."""

from __future__ import annotations

import threading
from typing import Any

import click

from bitbucket_source.commands.readable_errors import readable_errors


@click.command(short_help="Start a local Bitbucket Cloud with a company in it.")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8080, show_default=True, help="Port to listen on; 0 for any."
)
@click.option("--seed", type=int, default=7, show_default=True, help="Another seed makes another company.")
@click.option("--repositories", type=click.IntRange(1, 1000), default=12, show_default=True, help="How many it has.")
@click.option("--people", type=click.IntRange(2, 1000), default=20, show_default=True, help="How many work there.")
@click.option(
    "--years", type=click.FloatRange(0.1, 20), default=2, show_default=True, help="How long they have worked so far."
)
@click.option("--scale", type=click.FloatRange(0.01), default=1.0, show_default=True, help="How busy the company is.")
@click.option("--rate-limit", type=click.IntRange(1), metavar="N", help="Grant each credential N requests an hour.")
def emulator(port: int, rate_limit: int | None, **world: Any) -> None:
    """Start a local Bitbucket Cloud with a believable company in it, and say what to type next."""
    with readable_errors():
        from bitbucket_source.commands.extras import emulator_package

        package = emulator_package()
        limits = package.RateLimits(clock="real")
        if rate_limit is not None:
            limits = package.RateLimits(enforced=True, default=rate_limit, clock="real")
        try:
            bitbucket = package.Emulator(package.generate_world(**world), port, rate_limits=limits).start()
        except OSError as error:
            click.echo(f"Error: port {port} cannot be used ({error.strerror}): choose another with --port.", err=True)
            raise click.exceptions.Exit(2) from None
        try:
            click.echo(_what_to_type_next(bitbucket))
            threading.Event().wait()
        except KeyboardInterrupt:
            click.echo("\nStopped.")
        finally:
            bitbucket.stop()


def _what_to_type_next(bitbucket: Any) -> str:
    admin = next(each for each in bitbucket.world.credentials.values() if each.kind == "basic")
    workspace, repositories = bitbucket.world.workspace.slug, len(bitbucket.world.repositories)
    return f"""\
A Bitbucket Cloud answers at {bitbucket.base_url}: workspace {workspace}, {repositories} repositories.
Its credentials are made up and may be shown. In another terminal:

  export BITBUCKET_BASE_URL={bitbucket.base_url}
  export BITBUCKET_OAUTH_URL={bitbucket.oauth_url}
  export BITBUCKET_EMAIL={admin.email} BITBUCKET_API_TOKEN={admin.token}
  bitbucket-source check {workspace}
  bitbucket-source sync {workspace} --models

Change the world as people do, then sync again:

  curl {bitbucket.control_url}/actions
  curl {bitbucket.control_url}/requests

Ctrl-C stops it."""
