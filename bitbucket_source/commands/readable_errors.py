"""Exceptions -> a sentence for people and an exit code. A traceback is for bugs only."""

from __future__ import annotations

import errno
import os
import re
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import chain
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from dlt.common.configuration.exceptions import ConfigFieldMissingException, LookupTrace, LookupTraces

TROUBLE = 1
USAGE = 2
STOPPED = 3
LOCKED = 75
INTERRUPTED = 130
_DAMAGED = "Corrupt database file"
_UNUSABLE_FILE = re.compile(r"(?:Cannot open|Could not (?:open|read|write|truncate|sync)[\w ]*|The) file \"[^\n]*")
"""what DuckDB says of a file that it cannot work with"""


@contextmanager
def readable_errors() -> Iterator[None]:
    """Turn what a user can mend, and Ctrl-C, into a message on stderr and an exit code; let bugs through."""
    try:
        yield
    except click.exceptions.Exit:
        raise
    except KeyboardInterrupt:
        click.echo("\nInterrupted.", err=True)
        raise click.exceptions.Exit(INTERRUPTED) from None
    except Exception as error:
        told = _told(error)
        if told is None:
            raise
        message, code = told
        _give_up_an_output_that_is_full()
        click.echo(f"Error: {message}", err=True)
        raise click.exceptions.Exit(code) from None


def _told(error: Exception) -> tuple[str, int] | None:
    """What to tell about an exception and with which exit code; None for a bug."""
    if unreadable := _unreadable_settings(error):
        # every import of dlt fails then
        return unreadable, USAGE
    from bitbucket_source.api.credentials import CredentialsError
    from bitbucket_source.api.errors import BitbucketError, Stopped
    from bitbucket_source.load.lock import LockedError
    from bitbucket_source.load.pipeline import DestinationError
    from bitbucket_source.models import ModelsError
    from bitbucket_source.session import SettingsError

    for cause in _causes(error):
        if isinstance(cause, CredentialsError | BitbucketError | SettingsError | DestinationError):
            return str(cause), USAGE
        if isinstance(cause, Stopped):
            return f"stopped before the end: {cause}. What bounds a sync in the configuration holds here too.", STOPPED
        if isinstance(cause, ModelsError):
            return str(cause).replace("`verbose=True`", "`--verbose`"), TROUBLE
        if isinstance(cause, LockedError):
            return str(cause), LOCKED
        if of_file := _told_of_file(cause):
            return of_file
        if told := _told_by_dlt(cause):
            return told, USAGE
        if _is_unreachable_postgres(cause):
            # in the middle of a load something was read
            return (
                f"Postgres cannot be reached: {' '.join(str(cause).split())} "
                "Look at [destination.postgres.credentials] in .dlt/secrets.toml.",
                TROUBLE if getattr(error, "step", "") == "load" else USAGE,
            )
    return None


def _told_of_file(cause: BaseException) -> tuple[str, int] | None:
    """What to tell where a file cannot be used, above all DuckDB's."""
    text = str(cause)
    if "Could not set lock on file" in text:
        return (
            "Another program has the DuckDB file open, and DuckDB allows one writer. "
            "Close it, or choose another file with --database.",
            LOCKED,
        )
    if _DAMAGED in text:
        return (
            "The DuckDB file is damaged: DuckDB finds other bytes in it than it wrote. Put a backup in its place, "
            "and the next sync catches up; or move it away, and the next sync loads everything anew.",
            USAGE,
        )
    if unusable := _UNUSABLE_FILE.search(text):
        told = unusable[0] if unusable[0].endswith((".", "!")) else f"{unusable[0]}."
        if told.startswith("Could not write"):
            return f"The database cannot be written to: {told} Make room for it; the next sync goes on.", TROUBLE
        return f"The database cannot be used: {told} Name another with --database.", USAGE
    if isinstance(cause, OSError) and cause.errno in {errno.ENOSPC, errno.EDQUOT}:
        return f"Something could not be written: {cause.strerror}. Make room for it, and do this again.", TROUBLE
    return None


def _give_up_an_output_that_is_full() -> None:
    """Python would try again at its end, tell of it in its own way, and exit with 120."""
    try:
        if sys.stdout:
            sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _unreadable_settings(error: Exception) -> str:
    """What is wrong with a file of settings that is not TOML; empty for another exception."""
    for cause in _causes(error):
        if type(cause).__name__ == "TomlProviderReadException":
            file = getattr(cause, "file_name", "config.toml")
            return f"The file .dlt/{file} cannot be read: {_last_line(cause)}."
    return ""


def _last_line(error: BaseException) -> str:
    return str(error).strip().rpartition("\n")[2].rstrip(".")


def _told_by_dlt(cause: BaseException) -> str | None:
    from dlt.common.configuration.exceptions import (
        ConfigFieldMissingException,
        ConfigValueCannotBeCoercedException,
        InvalidNativeValue,
    )
    from dlt.common.destination.exceptions import UnknownDestinationModule
    from dlt.common.exceptions import MissingDependencyException
    from dlt.destinations.exceptions import DestinationConnectionError

    if isinstance(cause, UnknownDestinationModule):
        return "dlt knows no such destination. Give the name of one of dlt's: duckdb, postgres, bigquery, snowflake ..."
    if isinstance(cause, MissingDependencyException):
        return f"{cause.caller} needs a package that is not installed: pip install '{cause.dependencies[0]}'."
    if isinstance(cause, ConfigFieldMissingException):
        return (
            f"The destination needs a setting that is missing: {', '.join(_missing(cause))}. "
            f"Put it into .dlt/secrets.toml under [{_section_of(cause)}]."
        )
    if isinstance(cause, ConfigValueCannotBeCoercedException):
        # not the value, which may be a secret
        return (
            f"The setting {cause.field_name.rpartition('.')[2]} cannot be read: look how .dlt/config.toml writes it. "
            'In the environment a list is written ["a", "b"].'
        )
    if isinstance(cause, InvalidNativeValue):
        return (
            "The credentials of the destination cannot be read: look how dlt's documentation writes them, "
            "as in postgresql://username:password@host:port/database."
        )
    if isinstance(cause, DestinationConnectionError):
        return f"The destination cannot be reached: {cause.inner_exc}".strip()
    return None


def _missing(missing: ConfigFieldMissingException) -> Iterator[str]:
    """The settings that are missing; of credentials that were given in part, what they lack."""
    from dlt.common.configuration.exceptions import LookupTraces

    for name, traces in missing.traces.items():
        nested = [trace for trace in traces if isinstance(trace, LookupTraces) and trace.resolved_fields_set]
        yield from (f"{name}.{inner}" for trace in nested for inner in trace.traces) if nested else [name]


def _section_of(missing: ConfigFieldMissingException) -> str:
    """The section of secrets.toml in which a destination's setting is missing: credentials have one of their own."""
    sought = max(_sought(chain.from_iterable(missing.traces.values())), key=len, default=["destination", "<name>", ""])
    end = sought.index("credentials") + 1 if "credentials" in sought else -1
    return ".".join(sought[:end])


def _sought(traces: Iterable[LookupTrace | LookupTraces]) -> Iterator[list[str]]:
    """Where a destination's setting was looked for."""
    for trace in traces:
        nested = getattr(trace, "traces", None)
        if nested is not None:
            yield from _sought(chain.from_iterable(nested.values()))
        elif (sought := str(getattr(trace, "key", "")).lower().split("__"))[0] == "destination":
            yield sought


def _is_unreachable_postgres(cause: BaseException) -> bool:
    """Whether no connection came about: what a server says has a code."""
    kind = type(cause)
    is_operational = kind.__module__.partition(".")[0] == "psycopg2" and kind.__name__ == "OperationalError"
    return is_operational and getattr(cause, "pgcode", "") is None


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The exception and what led to it, outermost first."""
    seen: BaseException | None = error
    while seen is not None:
        yield seen
        seen = seen.__cause__ or seen.__context__
