"""Which credentials are used: arguments, then the environment, then dlt's secrets, then the login.

The first found are used alone; several work together where a list of them is given, `[[sources.bitbucket.credentials]]`
in secrets.toml.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import TypeAlias

import dlt

from bitbucket_source.api.client import DEFAULT_BASE_URL
from bitbucket_source.api.connection import fault_of_address
from bitbucket_source.api.credentials import AN_ARGUMENT, AccessToken, Credentials, CredentialsError
from bitbucket_source.api.finding import CREDENTIAL_NAMES, credentials_from, credentials_from_environment
from bitbucket_source.api.login import Login
from bitbucket_source.api.login_store import LoginStore
from bitbucket_source.api.oauth import DEFAULT_OAUTH_URL
from bitbucket_source.api.pool import Several

Given: TypeAlias = Mapping[str, str] | Sequence[Mapping[str, str]] | str
"""Credentials as somebody writes them: an access token, named values, or a list of these."""

_SECRETS = "sources.bitbucket.credentials"
_NAMES = "access_token, or email and api_token, or client_id and client_secret"
_IN_SECRETS = f"dlt's secrets, {_SECRETS}"


def resolve_credentials(given: Given | None, oauth_url: str | None = None) -> Credentials | Several:
    """The first credentials found: the argument, the environment, dlt's secrets, the login.

    Raises CredentialsError for none.
    """
    at = _oauth_url(oauth_url)
    # dlt fills the argument from its secrets: then it is no argument, and the environment goes first
    argument = None if given == dlt.secrets.get(_SECRETS) else given
    found = _of_argument(argument, at) or _of_surroundings(at) or _of_login(at)
    if found is None:
        raise CredentialsError(
            "No credentials. Set BITBUCKET_ACCESS_TOKEN, or BITBUCKET_EMAIL and BITBUCKET_API_TOKEN, or "
            "BITBUCKET_CLIENT_ID and BITBUCKET_CLIENT_SECRET, or fill in .dlt/secrets.toml, "
            "or run `bitbucket-source login`."
        )
    return found


def addresses() -> tuple[str, str]:
    """Where tokens are given out, and where the API answers, as configured."""
    base_url = dlt.config.get("sources.bitbucket.base_url", str) or os.environ.get("BITBUCKET_BASE_URL")
    return _oauth_url(dlt.config.get("sources.bitbucket.oauth_url", str)), base_url or DEFAULT_BASE_URL


def before_login(oauth_url: str) -> str | None:
    """Where credentials stand that go before the login; None where none do."""
    try:
        found = _of_surroundings(oauth_url)
    except CredentialsError:
        # what is wrong with them is told when they are to be used
        return None
    return None if found is None else found.origin


def known_consumer(client_id: str | None, oauth_url: str) -> tuple[str | None, str | None]:
    """Key and secret of the consumer to log in with, as far as they are known: from the environment, dlt's secrets, or
    the login before. With a `client_id` only that one's.
    """
    pairs = [
        (os.environ.get("BITBUCKET_CLIENT_ID"), os.environ.get("BITBUCKET_CLIENT_SECRET")),
        (dlt.secrets.get(f"{_SECRETS}.client_id", str), dlt.secrets.get(f"{_SECRETS}.client_secret", str)),
        *_consumer_of_login(oauth_url),
    ]
    for key, secret in pairs:
        if key and secret and client_id in {None, key}:
            return key, secret
    return client_id, None


def _consumer_of_login(oauth_url: str) -> list[tuple[str, str]]:
    try:
        found = LoginStore(oauth_url).read()
    except CredentialsError:
        # one that cannot be used is about to be replaced
        return []
    return [] if found is None else [(found[0].client_id, found[1].client_secret)]


def _oauth_url(given: str | None) -> str:
    found = given or os.environ.get("BITBUCKET_OAUTH_URL") or DEFAULT_OAUTH_URL
    if fault := fault_of_address("oauth_url", found, DEFAULT_OAUTH_URL):
        raise CredentialsError(fault)
    return found


def _of_argument(given: Given | None, oauth_url: str) -> Credentials | Several | None:
    if isinstance(given, str):
        return AccessToken(given)
    if isinstance(given, Mapping):
        return credentials_from(given, oauth_url)
    return _of_list(given, oauth_url, AN_ARGUMENT) if given else None


def _of_surroundings(oauth_url: str) -> Credentials | Several | None:
    return credentials_from_environment(os.environ, oauth_url) or _of_secrets(oauth_url)


def _of_secrets(oauth_url: str) -> Credentials | Several | None:
    whole: object = dlt.secrets.get(_SECRETS)
    if isinstance(whole, list):
        return _of_list(whole, oauth_url, _IN_SECRETS)
    if isinstance(whole, str):
        return AccessToken(whole, _IN_SECRETS)
    if not isinstance(whole, Mapping | None):
        raise CredentialsError(f"There are no credentials in {_IN_SECRETS}: it takes {_NAMES}.")
    values: dict[str, object] = {name: dlt.secrets.get(f"{_SECRETS}.{name}") for name in CREDENTIAL_NAMES}
    found = credentials_from(values, oauth_url, _IN_SECRETS)
    if found is None:
        _refuse_what_is_misplaced(whole or {})
    return found


def _refuse_what_is_misplaced(section: Mapping[str, object]) -> None:
    """Raise CredentialsError where dlt's secrets have something that was meant for credentials."""
    for name in section:
        if name not in CREDENTIAL_NAMES:
            close = get_close_matches(name, CREDENTIAL_NAMES, 1)
            meant = f"Is {close[0]} meant?" if close else f"They are: {_NAMES}."
            raise CredentialsError(f"{name} in {_IN_SECRETS}, is no name of credentials. {meant}")
    for name in CREDENTIAL_NAMES:
        if dlt.secrets.get(f"sources.bitbucket.{name}"):
            raise CredentialsError(f"{name} stands in [sources.bitbucket]: it belongs into [{_SECRETS}].")


def _of_list(entries: Sequence[Mapping[str, str]], oauth_url: str, origin: str) -> Credentials | Several | None:
    """What a list describes. Raises CredentialsError for an entry that describes nothing, or the same as another."""
    members: list[Credentials] = []
    for number, values in enumerate(entries, start=1):
        where = f"{origin}, no. {number}"
        try:
            made = credentials_from(values, oauth_url, where) if isinstance(values, Mapping) else None
        except CredentialsError as error:
            raise CredentialsError(f"In {where}: {error}") from None
        if made is None:
            raise CredentialsError(f"There are no credentials in {where}: it takes {_NAMES}.")
        if same := next((each for each in members if each.identity == made.identity), None):
            raise CredentialsError(f"The {made.description} in {where} is the one in {same.origin}: take one away.")
        members.append(made)
    return members[0] if len(members) == 1 else Several(tuple(members)) if members else None


def _of_login(oauth_url: str) -> Login | None:
    store = LoginStore(oauth_url)
    kept = store.look()
    return None if kept is None else Login(store, kept)
