"""The system's keyring, through the package keyring where that is installed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from keyring.backend import KeyringBackend

_SERVICE = "bitbucket-source"


class KeyringError(Exception):
    """The keyring cannot be used. `str()` says why, and what to do."""


def is_usable() -> bool:
    """Whether a secret could be kept."""
    try:
        _backend()
    except KeyringError:
        return False
    return True


def read_secret(name: str) -> str | None:
    """A secret; None where there is none of this name."""
    secret: str | None = _tried("get_password", name)
    return secret


def write_secret(name: str, secret: str) -> None:
    """Keep a secret."""
    _tried("set_password", name, secret)


def delete_secret(name: str) -> None:
    """Forget a secret, if it is there."""
    if read_secret(name) is not None:
        _tried("delete_password", name)


def _tried(method: str, *arguments: str) -> Any:
    backend = _backend()
    from keyring.errors import KeyringError as Failed
    from keyring.errors import KeyringLocked

    try:
        return getattr(backend, method)(_SERVICE, *arguments)
    except KeyringLocked:
        problem = KeyringError("It is locked: unlock it, and try again.")
    except Failed as error:
        problem = KeyringError(f"It does not answer ({type(error).__name__}).")
    # not as the cause: what a backend raises may hold the secret
    raise problem


def _backend() -> KeyringBackend:
    try:
        import keyring
        from keyring.backends import chainer, fail, null
    except ImportError:
        raise KeyringError(
            "The package keyring is not installed: pip install 'bitbucket-source[keyring]', "
            "or run `bitbucket-source login --keep-in file`."
        ) from None
    backend = keyring.get_keyring()
    if isinstance(backend, fail.Keyring | null.Keyring) or (
        isinstance(backend, chainer.ChainerBackend) and not backend.backends
    ):
        raise KeyringError("This system has none: run `bitbucket-source login --keep-in file`.")
    return backend
