"""A login: an OAuth consumer that acts for whoever agreed in the browser, over months (FACTS 8, CHANGE-3052).

The refresh token works once. So renewals exclude each other, across processes too, and each reads first what another
may have kept meanwhile. What was given out is kept before it is used.
"""

from __future__ import annotations

import logging
import threading
import time
from datetime import UTC, datetime, timedelta
from secrets import token_hex

import msgspec
from requests.auth import AuthBase

from bitbucket_source.api.credentials import Bearer, CredentialsError, digest
from bitbucket_source.api.login_store import KeptLogin, LoginStore, Place, Secrets
from bitbucket_source.api.oauth import GrantRefused, Token, TokenServer

logger = logging.getLogger("bitbucket_source")

LAPSES_AFTER_DAYS = 90
"""without a renewal: CHANGE-3052 says three months"""
_DAY = 86400.0


class Login:
    """Credentials that `bitbucket-source login` made. Safe to share between threads and processes."""

    description = "login"

    def __init__(self, store: LoginStore, kept: KeptLogin) -> None:
        self._store = store
        self.kept = kept
        self.place = store.place_of(kept)
        """where it is kept, for people"""
        self.origin = f"`bitbucket-source login`, kept in {self.place}"
        self.ends = "three months after it was last used"
        """with the day, once that is known"""
        self.rationed_as = f"consumer:{kept.client_id}"
        # two people who use one consumer share its quota, and see different things
        self.identity = f"login:{digest(f'{kept.client_id} {kept.account_uuid}')}"
        self._lock = threading.Lock()
        self._auth: Bearer | None = None
        self._token_digest = ""
        self._renew_at = 0.0

    def auth(self) -> AuthBase:
        """Sign with an access token that lives on for a while.

        Raises CredentialsError where only a new login helps, and TryFailed where the token server gave no answer.
        """
        with self._lock:
            if self._auth is None or time.time() > self._renew_at:
                secrets = self._renewed(refused=self._token_digest if self._auth is None else "")
                self._auth, self._token_digest = Bearer(secrets.access_token), digest(secrets.access_token)
                self._renew_at = secrets.renew_at
                end = datetime.fromtimestamp(secrets.renewed_at, UTC) + timedelta(days=LAPSES_AFTER_DAYS)
                self.ends = f"on {end:%Y-%m-%d}, three months after it was last renewed"
            return self._auth

    def renew(self, refused: AuthBase) -> bool:
        """Forget the access token that was refused, unless another thread has a newer one already."""
        with self._lock:
            if self._auth is refused:
                self._auth = None
        return True

    def _renewed(self, refused: str) -> Secrets:
        """The kept secrets, with an access token that lives on for a while and does not have the digest `refused`."""
        with self._store.locked():
            found = self._store.read()
            if found is None:
                raise CredentialsError("You have logged out meanwhile: run `bitbucket-source login` again.")
            kept, secrets = found
            if digest(secrets.access_token) != refused and time.time() < secrets.renew_at:
                return secrets
            server = TokenServer(kept.client_id, secrets.client_secret, kept.oauth_url)
            self._store.note_renewal(kept, time.time())
            try:
                token = server.token_of_refresh(secrets.refresh_token)
            except GrantRefused:
                problem = CredentialsError(_why_lost(kept, secrets))
            else:
                return self._keep(kept, secrets, token)
        raise problem

    def _keep(self, kept: KeptLogin, before: Secrets, token: Token) -> Secrets:
        secrets = secrets_of(before.client_secret, token, before.refresh_token)
        try:
            self._store.write(msgspec.structs.replace(kept, renewal_began_at=None), secrets)
        except CredentialsError as error:
            # this process can go on; the next one cannot
            logger.warning("%s The login ends with this run: log in again.", error)
        return secrets


def new_login(
    store: LoginStore, client_secret: str, token: Token, kept_in: Place, *, client_id: str, account: tuple[str, str]
) -> Login:
    """Keep what a consumer was given for whoever agreed; `account` is the name and the uuid, '' where it may not tell.

    Raises CredentialsError where it cannot be kept.
    """
    name, uuid = account
    # somebody unknown sees other things than the next one unknown
    whose = uuid or f"unknown-{token_hex(8)}"
    kept = KeptLogin(store.oauth_url, client_id, name, whose, token.scopes, kept_in)
    with store.locked():
        store.write(kept, secrets_of(client_secret, token, ""))
    return Login(store, kept)


def secrets_of(client_secret: str, token: Token, refresh_before: str) -> Secrets:
    """What is kept of a token. A server that gives no new refresh token goes on taking the one before."""
    now = time.time()
    return Secrets(client_secret, token.access, token.refresh or refresh_before, now + token.good_for, now)


def _why_lost(kept: KeptLogin, secrets: Secrets) -> str:
    days = (time.time() - secrets.renewed_at) / _DAY
    if days >= LAPSES_AFTER_DAYS:
        why = f"it was not used for {days:.0f} days, and Bitbucket lets a login lapse after three months"
    elif kept.renewal_began_at is not None:
        began = datetime.fromtimestamp(kept.renewal_began_at, UTC)
        why = f"a renewal that began on {began:%Y-%m-%d at %H:%M} UTC was cut off, and what it was given is lost"
    else:
        why = "it was withdrawn, or another copy of it was renewed"
    return f"The login is no longer good: {why}. Run `bitbucket-source login` again."
