"""Logging in and out: the steps between a request for consent and credentials that are kept."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from bitbucket_source.api.client import DEFAULT_BASE_URL, Client
from bitbucket_source.api.consent import Consent
from bitbucket_source.api.credentials import AccessToken, CredentialsError
from bitbucket_source.api.decode import decode_json
from bitbucket_source.api.errors import BitbucketError, CredentialsRefused
from bitbucket_source.api.login import Login, new_login
from bitbucket_source.api.login_store import KeptLogin, LoginStore
from bitbucket_source.api.loopback import HOST, Loopback
from bitbucket_source.api.oauth import DEFAULT_OAUTH_URL, Token, TokenServer
from bitbucket_source.api.system_keyring import is_usable

PORT = 47813
"""Where the browser's answer comes in: Bitbucket takes no other port than that of the consumer's callback URL."""
PATIENCE_SECONDS = 300.0


def callback_url(port: int = PORT) -> str:
    """What an OAuth consumer needs as its callback URL."""
    return f"http://{HOST}:{port}/"


def log_in(
    client_id: str,
    client_secret: str,
    *,
    show: Callable[[str], None],
    paste: Callable[[], str] | None = None,
    port: int = PORT,
    keep_in: Literal["file", "keyring"] | None = None,
    oauth_url: str = DEFAULT_OAUTH_URL,
    base_url: str = DEFAULT_BASE_URL,
) -> Login:
    """Credentials for whoever agrees, kept for the next months.

    `show` brings somebody to the page where they agree. Without `paste` the answer is waited for on `port` of this
    machine, for five minutes; `paste` returns the address that a browser elsewhere was sent to. `keep_in` defaults to
    the system's keyring where there is one, else to a file. Raises CredentialsError where nothing came of it.
    """
    place = keep_in or ("keyring" if is_usable() else "file")
    server = TokenServer(client_id, client_secret, oauth_url)
    token = _agreed(server, show, port) if paste is None else _pasted(server, show, port, paste)
    if not token.refresh:
        raise CredentialsError("Bitbucket gave no refresh token: the login would end in two hours, and is not kept.")
    return new_login(
        LoginStore(oauth_url),
        client_secret.strip(),
        token,
        place,
        client_id=server.client_id,
        account=_account(token, base_url),
    )


def log_out(oauth_url: str = DEFAULT_OAUTH_URL) -> KeptLogin | None:
    """Forget the login; returns what was forgotten, None where there was none."""
    store = LoginStore(oauth_url)
    with store.locked():
        return store.delete()


def _agreed(server: TokenServer, show: Callable[[str], None], port: int) -> Token:
    # the server's address stands in the request, and the request is what its answer is compared with
    consents: list[Consent] = []
    with Loopback(port, lambda answer: consents[0].token_of(answer)) as loopback:
        consents.append(Consent(server, loopback.address))
        show(consents[0].url)
        return loopback.wait(PATIENCE_SECONDS)


def _pasted(server: TokenServer, show: Callable[[str], None], port: int, paste: Callable[[], str]) -> Token:
    consent = Consent(server, callback_url(port))
    show(consent.url)
    return consent.token_of(paste())


def _account(token: Token, base_url: str) -> tuple[str, str]:
    """Name and uuid of whoever agreed; '' where the consumer may not tell, or nobody answers."""
    client = Client(AccessToken(token.access), base_url=base_url)
    try:
        user = client.ask(client.url("/user"), "/user", decode_json).content
    except CredentialsRefused:
        raise
    except BitbucketError:
        return "", ""
    return str(user.get("display_name") or ""), str(user.get("uuid") or "")
