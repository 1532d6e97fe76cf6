"""`bitbucket-source logout`: forget the login."""

from __future__ import annotations

import click

from bitbucket_source.commands.readable_errors import readable_errors


@click.command()
def logout() -> None:
    """Delete the tokens that `login` keeps on this machine."""
    with readable_errors():
        from bitbucket_source.credentials import addresses
        from bitbucket_source.login import log_out

        oauth_url, _ = addresses()
        forgotten = log_out(oauth_url)
        if forgotten is None:
            click.echo("Nobody is logged in.")
            return
        click.echo(f"Logged out{f': {forgotten.account}' if forgotten.account else ''}. The tokens are deleted here.")
        click.echo("Bitbucket takes the permission back under Personal settings, App authorizations.")
