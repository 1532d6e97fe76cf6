"""Where a login is kept: a file of the user's configuration that nobody else can read, its secrets in that file or in
the system's keyring.

One login per token server: what was given out by one is never sent to another.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Literal, TypeVar
from urllib.parse import urlsplit

import click
import msgspec

from bitbucket_source.api.credentials import CredentialsError
from bitbucket_source.api.exclusion import exclusive
from bitbucket_source.api.system_keyring import KeyringError, delete_secret, read_secret, write_secret

Place = Literal["file", "keyring"]
FOLDER = "bitbucket-source"

Kind = TypeVar("Kind", bound=msgspec.Struct)


class Secrets(msgspec.Struct, frozen=True):
    """What nobody else may know, and how long it is good for. Times are seconds since 1970."""

    client_secret: str
    access_token: str
    refresh_token: str
    renew_at: float
    renewed_at: float

    def __repr__(self) -> str:
        return "Secrets(...)"


class KeptLogin(msgspec.Struct, frozen=True, omit_defaults=True):
    """A login as it stands in the file."""

    oauth_url: str
    client_id: str
    account: str
    """who agreed, for people"""
    account_uuid: str
    """whose it is: of that depends what can be seen"""
    scopes: tuple[str, ...]
    kept_in: Place
    secrets: Secrets | None = None
    """None where the keyring has them"""
    renewal_began_at: float | None = None
    """set while a renewal is under way: one that died left it set"""


class LoginStore:
    """The login at one token server. Raises CredentialsError for what is kept in a way that cannot be used."""

    def __init__(self, oauth_url: str, folder: Path | None = None) -> None:
        self.oauth_url = oauth_url.rstrip("/")
        self._host = urlsplit(self.oauth_url).netloc
        # the folder that the system has for it: ~/.config, ~/Library/Application Support, %APPDATA%
        self._folder = folder or Path(click.get_app_dir(FOLDER))
        self.path = self._folder / f"login-{re.sub(r'[^A-Za-z0-9.-]', '_', self._host)}.json"

    def read(self) -> tuple[KeptLogin, Secrets] | None:
        """The login and its secrets; None where nobody is logged in."""
        kept = self.look()
        if kept is None:
            return None
        if kept.secrets is not None:
            return kept, kept.secrets
        try:
            written = read_secret(self.oauth_url)
        except KeyringError as error:
            raise CredentialsError(f"The login is kept in the system's keyring. {error}") from None
        if written is None:
            raise CredentialsError(
                "The system's keyring no longer has the login: run `bitbucket-source login` again."
            ) from None
        return kept, self._decoded(written, Secrets)

    def look(self) -> KeptLogin | None:
        """The login without what is kept in the keyring; None where nobody is logged in."""
        try:
            self._refuse_readable_by_others()
            written = self.path.read_text(encoding="utf-8")
        except FileNotFoundError:
            return None
        except OSError as error:
            raise CredentialsError(f"{self.path} cannot be read: {error.strerror}.") from None
        kept = self._decoded(written, KeptLogin)
        return kept if kept.oauth_url == self.oauth_url else None

    def write(self, kept: KeptLogin, secrets: Secrets) -> None:
        """Keep a login instead of the one before. Raises CredentialsError where it cannot be kept."""
        try:
            if kept.kept_in == "keyring":
                write_secret(self.oauth_url, _encoded(secrets))
            in_file = secrets if kept.kept_in == "file" else None
            self._replace_file(msgspec.structs.replace(kept, secrets=in_file))
        except (OSError, KeyringError) as error:
            why = error.strerror if isinstance(error, OSError) else error
            raise CredentialsError(f"The login cannot be kept in {self.place_of(kept)}: {why}") from None

    def note_renewal(self, kept: KeptLogin, began_at: float) -> None:
        """Say that a renewal has begun: should this process die in it, the next one can say why the login is lost."""
        with suppress(OSError):  # what matters is the renewal
            self._replace_file(msgspec.structs.replace(kept, renewal_began_at=began_at))

    def delete(self) -> KeptLogin | None:
        """Forget the login; returns what was forgotten, None where there was none.

        A file that others can read, or that cannot be understood, is deleted too.
        """
        try:
            kept = self.look()
        except CredentialsError:
            kept = None
        was_there = self.path.exists()
        if kept is not None and kept.kept_in == "keyring":
            try:
                delete_secret(self.oauth_url)
            except KeyringError as error:
                raise CredentialsError(f"The login is kept in the system's keyring. {error}") from None
        self.path.unlink(missing_ok=True)
        unknown = KeptLogin(self.oauth_url, "", "", "", (), "file")
        return (kept or unknown) if was_there else None

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep every other process and thread from renewing the login meanwhile."""
        self._make_folder()
        with exclusive(self.path.with_suffix(".lock")):
            yield

    def place_of(self, kept: KeptLogin) -> str:
        """Where a login is kept, for people."""
        return "the system's keyring" if kept.kept_in == "keyring" else str(self.path)

    def _make_folder(self) -> None:
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise CredentialsError(f"{self._folder} cannot be made, to keep a login in: {error.strerror}.") from None

    def _replace_file(self, kept: KeptLogin) -> None:
        self._make_folder()
        new = self.path.with_name(f".{self.path.name}.{os.getpid()}")
        new.unlink(missing_ok=True)  # of a process that died
        file = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(file, "w", encoding="utf-8") as writing:
                writing.write(_encoded(kept))
                writing.flush()
                os.fsync(writing.fileno())
            new.replace(self.path)
        except BaseException:
            new.unlink(missing_ok=True)
            raise

    def _refuse_readable_by_others(self) -> None:
        if os.name == "nt":
            # the folder belongs to the user alone there
            return
        if stat.S_IMODE(self.path.stat().st_mode) & 0o077:
            raise CredentialsError(
                f"{self.path} holds a login, and others can read it: `chmod 600 {self.path}` mends that. "
                "If somebody may have read it, log out and in again, which makes it worthless."
            )

    def _decoded(self, written: str, kind: type[Kind]) -> Kind:
        try:
            return msgspec.json.decode(written, type=kind)
        except msgspec.DecodeError:
            raise CredentialsError(
                f"The login in {self.path} cannot be understood: run `bitbucket-source login` again."
            ) from None


def _encoded(struct: msgspec.Struct) -> str:
    return msgspec.json.encode(struct).decode()
