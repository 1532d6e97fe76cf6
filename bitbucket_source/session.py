"""What one sync works with, from its first request to its last: settings, client, agenda."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from bitbucket_source.api.budget import Budget
from bitbucket_source.api.client import DEFAULT_BASE_URL, Client
from bitbucket_source.api.connection import fault_of_address
from bitbucket_source.api.credentials import Credentials
from bitbucket_source.api.lists import Lists
from bitbucket_source.api.pool import Several
from bitbucket_source.api.quota import Quotas
from bitbucket_source.api.retry import RetryPolicy
from bitbucket_source.personal.addresses import Emails
from bitbucket_source.personal.discretion import Discretion
from bitbucket_source.sync.agenda import Agenda, SliceLimit
from bitbucket_source.sync.ask import Ask
from bitbucket_source.sync.audit import Audit, Share
from bitbucket_source.sync.census import Census
from bitbucket_source.sync.cursors import Cursors
from bitbucket_source.sync.engine import Engine, Sink
from bitbucket_source.sync.known import Known
from bitbucket_source.sync.repositories import Selection
from bitbucket_source.tables import DATA_TABLES, Table
from bitbucket_source.tables.catalog import Catalog, CatalogError, catalog_of

logger = logging.getLogger("bitbucket_source")


class SettingsError(ValueError):
    """A setting that cannot be right. `str()` says which and what it may be."""


@dataclass(frozen=True)
class Settings:
    """The settings of a sync, under the names they have everywhere: arguments, config.toml, environment, options."""

    workspace: str
    base_url: str = DEFAULT_BASE_URL
    repositories: Sequence[str] = ()
    exclude: Sequence[str] = ()
    projects: Sequence[str] = ()
    workers: int = 4
    max_requests: int | None = None
    max_time: str | None = None
    on_rate_limit: str = "wait"
    since: str | None = None
    audit_requests: str = "5%"
    max_staleness: str | None = None
    full_refresh: bool = False
    replaces_credentials: bool = False
    raw: Sequence[str] = ()
    extra_columns: Mapping[str, Sequence[str]] = field(default_factory=dict)
    emails: str = Emails.KEEP
    catalog: Catalog = field(init=False)
    """the tables with what `raw` and `extra_columns` add to them"""

    def __post_init__(self) -> None:
        """Refuse what cannot be right."""
        # Bitbucket takes it in any case; what is remembered of it is found by its name
        object.__setattr__(self, "workspace", workspace_of(self.workspace).lower())
        try:
            object.__setattr__(self, "catalog", catalog_of(self.raw, self.extra_columns))
        except CatalogError as error:
            raise SettingsError(str(error)) from None
        if fault := fault_of_address("base_url", self.base_url, DEFAULT_BASE_URL):
            raise SettingsError(fault)
        if not 1 <= self.workers <= 32:
            raise SettingsError(f"workers is {self.workers}: it must lie between 1 and 32.")
        if self.max_requests is not None and self.max_requests < 1:
            raise SettingsError(f"max_requests is {self.max_requests}: it must be at least 1.")
        if self.on_rate_limit not in {"wait", "stop"}:
            raise SettingsError(f"on_rate_limit is {self.on_rate_limit!r}: it is wait or stop.")
        if self.emails not in set(Emails):
            raise SettingsError(f"emails is {self.emails!r}: it is {', '.join(Emails)}.")
        seconds_of(self.max_time)
        if (staleness := seconds_of(self.max_staleness, "max_staleness")) is not None and staleness < 3600:
            raise SettingsError(f"max_staleness is {self.max_staleness!r}: it must be at least 1h.")
        moment_of(self.since)
        try:
            Share.parsed(self.audit_requests)
        except ValueError as error:
            raise SettingsError(str(error)) from None

    @property
    def selection(self) -> Selection:
        """Which repositories are read."""
        return Selection(tuple(self.repositories), tuple(self.exclude), tuple(self.projects))


_PASTED = re.compile(
    r"(?:\w+://)?(?:[^/@]*@)?(?:[\w.-]*bitbucket\.org[/:])?([\w.{}-]+)/?([\w.{}-]*?)(?:\.git)?(?:/.*)?"
)
"""the page of a workspace or a repository, what a repository is cloned from, or `workspace/repository`"""


def workspace_of(given: str) -> str:
    """A workspace's name, as it was given. Raises SettingsError where it can be none."""
    if re.fullmatch(r"[\w.{}-]+", given):
        return given
    name, repository = match.groups() if "/" in given and (match := _PASTED.fullmatch(given)) else ("", "")
    # what is cloned from may hold a token
    shown = "an address" if "@" in given else repr(given)
    raise SettingsError(
        f"workspace is {shown}: give the workspace's name as it stands in bitbucket.org/<workspace>"
        + (f": {name}." if name else ".")
        + (f" One of its repositories is chosen with --repositories {repository}." if repository else "")
    )


def moment_of(date: str | None) -> str:
    """A date (its UTC midnight) or a timestamp, as a UTC timestamp; '' for None. Raises SettingsError for others."""
    if date is None:
        return ""
    try:
        parsed = datetime.fromisoformat(str(date).strip())
        moment = (parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise SettingsError(f"since is {date!r}: write it like 2026-01-31, or 2026-01-31T12:00:00+00:00.") from None
    # midnight may still be to come where a day has begun elsewhere
    if moment > datetime.now(UTC) + timedelta(days=1):
        raise SettingsError(f"since is {date!r}, which is still to come: nothing would be read.")
    return moment.isoformat()


_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def seconds_of(duration: str | None, setting: str = "max_time") -> float | None:
    """Seconds of a duration such as 90s, 50m, 2h or 30d; None for None. Raises SettingsError for anything else."""
    if duration is None:
        return None
    match = re.fullmatch(r"(\d+(?:\.\d+)?)([smhd]?)", str(duration).strip())
    if not match:
        raise SettingsError(f"{setting} is {duration!r}: write it like 90s, 50m, 2h or 30d.")
    return float(match[1]) * _UNITS[match[2] or "s"]


@dataclass
class Session:
    """One sync: its client, its budget, and what it still has to read."""

    settings: Settings
    credentials: Credentials | Several
    retry: RetryPolicy = field(default_factory=RetryPolicy)
    limit: SliceLimit = field(default_factory=SliceLimit)
    agenda: Agenda = field(default_factory=Agenda)
    quotas: Quotas = field(default_factory=Quotas)
    audit: Audit | None = None
    """without one, nothing is verified that no signal tells of"""
    tables_named: bool = False
    """whether somebody named the tables: then one that cannot be read is a failure"""
    renews: bool = False
    """whether tables whose declaration has changed are read again in a phase of their own, behind the ordinary work"""
    when_read: Callable[[], None] = lambda: None
    """called when all that a load shall hold was read, before it is loaded"""
    started_at: datetime = field(default_factory=lambda: datetime.now(UTC))

    def __post_init__(self) -> None:
        """Open the budget: its clock runs from here."""
        self.budget = Budget(self.settings.max_requests, seconds_of(self.settings.max_time), quotas=self.quotas)
        self.client = Client(
            self.credentials,
            base_url=self.settings.base_url,
            budget=self.budget,
            retry=self.retry,
            wait_for_rate_limit=self.settings.on_rate_limit == "wait",
            scopes={
                table.endpoint.replace("{workspace}", self.settings.workspace): table.scope
                for table in DATA_TABLES
                if table.endpoint
            },
        )
        self.lists = Lists(self.client)
        self.be_discreet(frozenset())

    def be_discreet(self, forgotten: frozenset[str]) -> None:
        """See no answer but as the setting `emails`, and the digests of forgotten people's identities, let it be."""
        self.discretion = Discretion(Emails(self.settings.emails), forgotten)
        self.lists.rewrite = None if self.discretion.changes_nothing else self.discretion.of_answer

    def adopt(self, **changes: Any) -> None:
        """Go on with some settings changed, where they can be so."""
        with suppress(SettingsError):
            self.settings = replace(self.settings, **changes)
        self.be_discreet(self.discretion.forgotten)

    def add_earlier(self, made: Mapping[str, Iterable[tuple[float, int]]]) -> None:
        """Requests that earlier runs made, by whose quota they used; those of other quotas do not count."""
        for quota in {each.rationed_as for each in self.client.pool.members} & made.keys():
            self.budget.add_earlier(quota, made[quota])

    def engine(self, tables: frozenset[Table], cursors: Cursors, known: Known, sink: Sink) -> Engine:
        """What reads one slice for these tables."""
        return Engine(
            Ask(self.lists, self.settings.workspace, tables, self.settings.catalog),
            cursors,
            known,
            sink,
            self.agenda,
            census=Census(
                self.settings.selection,
                since=moment_of(self.settings.since),
                named=self.tables_named,
                renews=self.renews,
                replaces=self.settings.replaces_credentials,
            ),
            audit=self.audit,
            workers=self.settings.workers,
            limit=self.limit,
        )

    def next_sync(self) -> Session:
        """A session for another sync with the same settings and connections' owner."""
        return Session(self.settings, self.credentials, self.retry, self.limit, quotas=self.quotas)

    def warn_of_troubles(self) -> None:
        """Log what could not be read: for scripts, which have no exit code of ours."""
        for trouble in self.agenda.troubles.values():
            logger.warning("%s of %s %s: %s", trouble.table.name, trouble.repository, trouble.item, trouble.message)
        for notice in self.agenda.notices:
            logger.warning("%s", notice)
