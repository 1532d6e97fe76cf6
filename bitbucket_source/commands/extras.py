"""Parts that not everybody installs."""

from __future__ import annotations

import importlib
from types import ModuleType

from bitbucket_source.session import SettingsError


def emulator_package() -> ModuleType:
    """The package `bitbucket_emulator`; raises SettingsError where what it needs is not installed."""
    try:
        return importlib.import_module("bitbucket_emulator")
    except ModuleNotFoundError as error:
        raise SettingsError(
            f"The emulator needs {error.name}, which is not installed: pip install 'bitbucket-source[demo]'"
        ) from None
