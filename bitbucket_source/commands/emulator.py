"""`bitbucket-source emulator`: a local Bitbucket Cloud to try things on."""

from __future__ import annotations

import click

from bitbucket_source.commands.readable_errors import readable_errors


@click.command()
@click.option("--port", type=int, default=8080, show_default=True)
@click.option("--seed", type=int, default=7, show_default=True, help="Another seed makes another company.")
@click.option("--repositories", type=int, default=12, show_default=True)
@click.option("--people", type=int, default=20, show_default=True)
@click.option("--years", type=int, default=2, show_default=True)
@click.option("--scale", type=float, default=1.0, show_default=True, help="How busy the company is.")
def emulator(port: int, **world: int | float) -> None:
    """Start a local Bitbucket Cloud with a believable company in it, and say what to type next."""
    with readable_errors():
        from bitbucket_source.commands.extras import emulator_package

        emulator_package().serve(port=port, **world)
