"""`bitbucket-source login`: let whoever sits here agree in the browser, and keep what Bitbucket gives for it."""

from __future__ import annotations

import sys
import webbrowser
from typing import Literal

import click

from bitbucket_source.api.credentials import CredentialsError
from bitbucket_source.commands.readable_errors import readable_errors

_CANCELLED = 130


@click.command(short_help="Log in with Bitbucket in the browser.")
@click.option("--client-id", metavar="KEY", help="Key of the OAuth consumer. [default: the one known, or asked for]")
@click.option("--no-browser", is_flag=True, help="For a machine without one: show the address, take the answer pasted.")
@click.option("--port", type=click.IntRange(0, 65535), help="Where the answer comes in. [default: 47813]")
@click.option(
    "--keep-in",
    type=click.Choice(["keyring", "file"]),
    help="Where the tokens are kept. [default: the system's keyring, else a file only you can read]",
)
def login(
    client_id: str | None, no_browser: bool, port: int | None, keep_in: Literal["keyring", "file"] | None
) -> None:
    """Log in with Bitbucket in the browser: no token to copy, and none that ends next year.

    It takes an OAuth consumer, once: in Bitbucket under Workspace settings, OAuth consumers, Add consumer, with the
    callback URL http://127.0.0.1:47813/, marked private, with the read permissions that README.md lists.
    """
    with readable_errors():
        from bitbucket_source.credentials import addresses, before_login, known_consumer
        from bitbucket_source.login import PORT, callback_url, log_in

        at = PORT if port is None else port
        oauth_url, base_url = addresses()
        key, secret = known_consumer(client_id, oauth_url)
        if not secret:
            click.echo(f"The OAuth consumer needs the callback URL {callback_url(at)}")
        try:
            key = key or _asked("key")
            secret = secret or _asked("secret", hide_input=sys.stdin.isatty())
            made = log_in(
                key,
                secret,
                show=_show_address if no_browser else _open_browser,
                paste=_paste if no_browser else None,
                port=at,
                keep_in=keep_in,
                oauth_url=oauth_url,
                base_url=base_url,
            )
        except (KeyboardInterrupt, click.Abort):
            click.echo("\nCancelled: nothing was kept.", err=True)
            raise click.exceptions.Exit(_CANCELLED) from None
        click.echo(f"Logged in as {made.kept.account or 'an account that the consumer may not tell'}.")
        click.echo(f"Scopes: {', '.join(made.kept.scopes) or 'Bitbucket does not say'}.")
        click.echo(f"Kept in {made.place}; good until three months after it was last used.")
        if (first := before_login(oauth_url)) is not None:
            click.echo(f"Notice: before the login go {first}: take them away to use the login.")


def _asked(what: str, *, hide_input: bool = False) -> str:
    try:
        return str(click.prompt(f"Its {what}", hide_input=hide_input))
    except click.Abort as aborted:
        if not isinstance(aborted.__context__, EOFError) or sys.stdin.isatty():
            raise
        click.echo()
        raise CredentialsError(
            f"There is no terminal here to ask for the consumer's {what}. "
            "Set BITBUCKET_CLIENT_ID and BITBUCKET_CLIENT_SECRET, or log in from a terminal."
        ) from None


def _open_browser(url: str) -> None:
    click.echo(f"Agree in the browser: {url}")
    if not webbrowser.open(url):
        click.echo("No browser could be opened: open that address in one on this machine, or use --no-browser.")


def _show_address(url: str) -> None:
    click.echo(f"Open this address in any browser, and agree:\n\n  {url}\n")
    click.echo("The browser then goes to an address on your own machine, where it may show an error.")


def _paste() -> str:
    return str(click.prompt("Paste that address"))
