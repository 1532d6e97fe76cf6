"""Where a login is kept, who may read it, and what is said where it cannot be used."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from bitbucket_emulator import Emulator
from bitbucket_source.api.credentials import CredentialsError
from bitbucket_source.api.login import Login
from bitbucket_source.api.login_store import LoginStore
from bitbucket_source.credentials import resolve_credentials
from bitbucket_source.login import log_out
from tests.api.reading import make_client, read

from .conftest import CONSUMER, LogIn

LOCKED_KEYRING = """
from keyring.backend import KeyringBackend
from keyring.errors import KeyringLocked

class Keyring(KeyringBackend):
    priority = 1
    def get_password(self, service, username):
        raise KeyringLocked("swordfish")
    set_password = delete_password = get_password
"""


@pytest.fixture
def a_keyring(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A system with a keyring: keyrings.alt's, which is a file."""
    use_keyring(monkeypatch, "keyrings.alt.file.PlaintextKeyring")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    return tmp_path / "data"


def use_keyring(monkeypatch: pytest.MonkeyPatch, backend: str) -> None:
    import keyring.core

    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", backend)
    monkeypatch.setattr(keyring.core, "_keyring_backend", None)


@pytest.fixture(autouse=True)
def no_keyring(monkeypatch: pytest.MonkeyPatch) -> None:
    use_keyring(monkeypatch, "keyring.backends.fail.Keyring")


def everything_in(folder: Path) -> str:
    return "\n".join(path.read_text() for path in folder.rglob("*") if path.is_file())


def test_with_a_keyring_the_file_holds_no_secret(
    a_keyring: Path, emulator: Emulator, logged_in: LogIn, store: LoginStore
) -> None:
    login = logged_in()
    found = store.read()
    assert found is not None
    written = everything_in(store.path.parent)
    assert [secret for secret in secrets_of(store) if secret in written] == []
    assert any(path.is_file() for path in a_keyring.rglob("*"))
    assert login.place == "the system's keyring"
    emulator.act("advance_clock", seconds=7201)
    assert read(make_client(emulator.base_url, credentials=login))["full_name"] == "acme/web"
    assert [secret for secret in secrets_of(store) if secret in everything_in(store.path.parent)] == []


def secrets_of(store: LoginStore) -> list[str]:
    found = store.read()
    assert found is not None
    return [found[1].client_secret, found[1].access_token, found[1].refresh_token]


@pytest.mark.usefixtures("a_keyring")
def test_a_renewal_that_came_to_nothing_leaves_no_secret_in_the_file(
    emulator: Emulator, logged_in: LogIn, store: LoginStore
) -> None:
    login = logged_in()
    found = store.read()
    assert found is not None
    emulator.revoke_tokens()
    with pytest.raises(CredentialsError, match="no longer good"):
        read(make_client(emulator.base_url, credentials=login))
    written = everything_in(store.path.parent)
    assert "renewal_began_at" in written
    assert [
        secret for secret in (found[1].access_token, found[1].refresh_token, CONSUMER[1]) if secret in written
    ] == []
    assert store.read() == (store.look(), found[1]), "the keyring has them"


def test_without_a_keyring_a_file_holds_them(logged_in: LogIn, store: LoginStore) -> None:
    assert logged_in().place == str(store.path)
    assert [secret for secret in secrets_of(store) if secret not in everything_in(store.path.parent)] == []


def test_a_keyring_that_is_there_need_not_be_used(a_keyring: Path, logged_in: LogIn, store: LoginStore) -> None:
    assert logged_in(keep_in="file").place == str(store.path)
    assert not a_keyring.exists()


def test_a_keyring_that_is_asked_for_must_be_there(logged_in: LogIn, store: LoginStore) -> None:
    with pytest.raises(CredentialsError) as caught:
        logged_in(keep_in="keyring")
    assert str(caught.value) == (
        "The login cannot be kept in the system's keyring: "
        "This system has none: run `bitbucket-source login --keep-in file`."
    )
    assert store.read() is None


@pytest.mark.usefixtures("a_keyring")
def test_a_locked_keyring_is_told(
    logged_in: LogIn, store: LoginStore, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    logged_in()
    (tmp_path / "locked_keyring.py").write_text(LOCKED_KEYRING)
    monkeypatch.syspath_prepend(tmp_path)
    use_keyring(monkeypatch, "locked_keyring.Keyring")
    with pytest.raises(CredentialsError) as caught:
        store.read()
    assert str(caught.value) == ("The login is kept in the system's keyring. It is locked: unlock it, and try again.")
    with pytest.raises(CredentialsError, match="It is locked"):
        store.delete()
    assert store.path.exists()


@pytest.mark.usefixtures("a_keyring")
def test_a_keyring_package_that_is_gone_is_told(
    logged_in: LogIn, store: LoginStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    logged_in()
    monkeypatch.setitem(sys.modules, "keyring", None)
    with pytest.raises(CredentialsError, match=r"The package keyring is not installed: pip install 'bitbucket-source"):
        store.read()


@pytest.mark.usefixtures("a_keyring")
def test_a_keyring_that_forgot_is_told(
    logged_in: LogIn, store: LoginStore, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    logged_in()
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "another"))
    with pytest.raises(CredentialsError, match="no longer has the login"):
        store.read()


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644], ids=oct)
def test_a_file_that_others_can_read_is_refused_with_what_mends_it(
    emulator: Emulator, logged_in: LogIn, store: LoginStore, mode: int
) -> None:
    logged_in()
    store.path.chmod(mode)
    with pytest.raises(CredentialsError) as caught:
        resolve_credentials(None, emulator.oauth_url)
    assert f"others can read it: `chmod 600 {store.path}` mends that." in str(caught.value)
    store.path.chmod(0o600)
    assert isinstance(resolve_credentials(None, emulator.oauth_url), Login)


def test_what_a_process_left_that_died_while_it_wrote_is_written_anew(
    emulator: Emulator, logged_in: LogIn, store: LoginStore
) -> None:
    login = logged_in()
    left = store.path.with_name(f".{store.path.name}.{os.getpid()}")
    left.write_text("half a log")
    left.chmod(0o644)
    emulator.act("advance_clock", seconds=7201)
    read(make_client(emulator.base_url, credentials=login))
    assert store.path.stat().st_mode & 0o777 == 0o600
    assert not left.exists()
    assert store.read() is not None


@pytest.mark.parametrize("content", ["", "{", "[]", '{"oauth_url": "x"}'], ids=["empty", "cut off", "a list", "half"])
def test_a_file_that_cannot_be_understood_is_told(store: LoginStore, content: str) -> None:
    store.path.parent.mkdir(parents=True)
    store.path.write_text(content)
    store.path.chmod(0o600)
    with pytest.raises(CredentialsError) as caught:
        store.read()
    assert str(caught.value) == (f"The login in {store.path} cannot be understood: run `bitbucket-source login` again.")


def test_a_login_goes_to_no_other_token_server(emulator: Emulator, logged_in: LogIn) -> None:
    logged_in()
    assert LoginStore("https://bitbucket.org/site/oauth2").read() is None
    assert LoginStore(f"{emulator.oauth_url}/elsewhere").read() is None
    with pytest.raises(CredentialsError, match="No credentials"):
        resolve_credentials(None, "https://bitbucket.org/site/oauth2")


@pytest.mark.usefixtures("a_keyring")
@pytest.mark.parametrize("place", ["file", "keyring"])
def test_logging_out_leaves_nothing(
    emulator: Emulator, logged_in: LogIn, store: LoginStore, place: str, tmp_path: Path
) -> None:
    logged_in(keep_in=place)
    secrets = secrets_of(store)
    forgotten = log_out(emulator.oauth_url)
    assert forgotten is not None
    assert forgotten.account
    assert [secret for secret in secrets if secret in everything_in(tmp_path)] == []
    assert store.read() is None
    assert log_out(emulator.oauth_url) is None


@pytest.mark.parametrize("broken", ["readable by others", "not understood"])
def test_logging_out_deletes_what_cannot_be_used(
    emulator: Emulator, logged_in: LogIn, store: LoginStore, broken: str
) -> None:
    logged_in()
    if broken == "not understood":
        store.path.write_text("{")
    else:
        store.path.chmod(0o644)
    assert log_out(emulator.oauth_url) is not None
    assert not store.path.exists()


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path, logged_in: LogIn) -> None:
    (tmp_path / "config").write_text("a file where the folder would be")
    with pytest.raises(CredentialsError, match="cannot be made, to keep a login in"):
        logged_in()


def test_no_secret_is_shown(logged_in: LogIn, store: LoginStore) -> None:
    login = logged_in()
    shown = repr([login, vars(login), store, vars(store), store.read(), store.look(), login.auth()])
    assert [secret for secret in secrets_of(store) if secret in shown] == []
