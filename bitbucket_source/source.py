"""The dlt source."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from inspect import signature
from typing import TYPE_CHECKING, Annotated, Any

import dlt
from dlt.common.configuration.exceptions import ConfigFieldMissingException
from dlt.common.configuration.inject import with_config
from dlt.common.typing import SecretSentinel
from dlt.sources import DltResource

from bitbucket_source.api.client import DEFAULT_BASE_URL
from bitbucket_source.credentials import Given, resolve_credentials
from bitbucket_source.load.pipeline import make_pipeline
from bitbucket_source.session import Session, Settings, SettingsError
from bitbucket_source.tables import DATA_TABLES, Table

if TYPE_CHECKING:
    from bitbucket_source.load.reading import Reading

_ENVIRONMENT = "SOURCES__BITBUCKET__"


@dlt.source(name="bitbucket", section="bitbucket")
def bitbucket_source(
    workspace: str = dlt.config.value,
    *,
    credentials: Annotated[Given, SecretSentinel] | None = None,
    tables: Sequence[str] | None = None,
    repositories: Sequence[str] | None = None,
    exclude: Sequence[str] | None = None,
    projects: Sequence[str] | None = None,
    base_url: str | None = None,
    oauth_url: str | None = None,
    since: str | None = None,
    workers: int = 4,
    max_requests: int | None = None,
    max_time: str | None = None,
    on_rate_limit: str = "wait",
    raw: Sequence[str] | None = None,
    extra_columns: Mapping[str, Sequence[str]] | None = None,
    emails: str = "keep",
) -> Iterable[DltResource]:
    """A Bitbucket Cloud workspace: one resource per table, incremental, each repository with cursors of its own.

    Args:
        workspace: Name of the workspace, as in bitbucket.org/<workspace>.
        credentials: An access token, or a mapping with `access_token`, `email` and `api_token`, or `client_id` and
            `client_secret`, or a list of such mappings, which work together. Without it: BITBUCKET_ACCESS_TOKEN and
            the like from the environment, then dlt's secrets, then what `bitbucket-source login` keeps.
        tables: Names of the tables to load; all default ones without it.
        repositories: Globs on the slug, in any case; all repositories without it.
        exclude: Globs of repositories to leave out.
        projects: Keys of the projects to read.
        base_url: Where the API answers; BITBUCKET_BASE_URL or https://api.bitbucket.org/2.0 without it.
        oauth_url: Where tokens are given out; BITBUCKET_OAUTH_URL or https://bitbucket.org/site/oauth2 without it.
        since: How far back a first read goes: 2026-01-31 or a timestamp. Pull requests by updated_on, pipelines by
            created_on, commits by date (approximately); refs, repositories and people are always whole. An earlier one
            later reads what is missing.
        workers: How many repositories are read at once.
        max_requests: Stop, with everything saved, after so many requests.
        max_time: Stop, with everything saved, after so long: 90s, 50m, 2h.
        on_rate_limit: `wait` or `stop` when Bitbucket's hourly quota is spent.
        raw: Names of the tables that keep each whole object, as Bitbucket sent it, in a JSON column `raw`.
        extra_columns: Columns to add, by table: paths in the object, with a type behind a colon where it is not text,
            as in `{"pull_requests": ["links.self.href", "merge_commit.date: timestamp"]}`.
        emails: Whether the e-mail addresses in what people wrote are stored: `keep`, `hash` (SHA-256), `drop`. Rows
            that are stored already are changed by `bitbucket-source sync` only.

    Raises:
        SettingsError: A setting cannot be right.
        CredentialsError: There are no credentials, or half of some.
    """
    session = make_session(
        workspace,
        credentials=credentials,
        repositories=repositories,
        exclude=exclude,
        projects=projects,
        base_url=base_url,
        oauth_url=oauth_url,
        since=since,
        workers=workers,
        max_requests=max_requests,
        max_time=max_time,
        on_rate_limit=on_rate_limit,
        raw=raw,
        extra_columns=extra_columns,
        emails=emails,
    )
    return resources_of(session, selected_tables(tables), renew=True)


def make_session(
    workspace: str = dlt.config.value,
    *,
    credentials: Annotated[Given, SecretSentinel] | None = None,
    repositories: Sequence[str] | None = None,
    exclude: Sequence[str] | None = None,
    projects: Sequence[str] | None = None,
    base_url: str | None = None,
    oauth_url: str | None = None,
    since: str | None = None,
    workers: int = 4,
    max_requests: int | None = None,
    max_time: str | None = None,
    on_rate_limit: str = "wait",
    audit_requests: str = "5%",
    max_staleness: str | None = None,
    full_refresh: bool = False,
    replaces_credentials: bool = False,
    raw: Sequence[str] | None = None,
    extra_columns: Mapping[str, Sequence[str]] | None = None,
    emails: str = "keep",
) -> Session:
    """A session for one sync; arguments and what is raised are those of `bitbucket_source`, and for `run_sync`:

    `audit_requests` (how much is spent on verifying what no signal tells of: a number, a percentage, all),
    `max_staleness` (what was not verified for longer, as in 30d, is verified whatever that costs), `full_refresh` (read
    everything again) and `replaces_credentials` (what others saw, who are used no more, these have to see).
    """
    if not isinstance(extra_columns, Mapping | None):
        raise SettingsError(
            f"extra_columns is {extra_columns!r}: name the table, as in "
            '{ pull_requests = ["links.self.href"] } of config.toml.'
        )
    settings = Settings(
        workspace,
        base_url=base_url or os.environ.get("BITBUCKET_BASE_URL") or DEFAULT_BASE_URL,
        repositories=_several("repositories", repositories),
        exclude=_several("exclude", exclude),
        projects=_several("projects", projects),
        since=since,
        workers=workers,
        max_requests=max_requests,
        max_time=max_time,
        on_rate_limit=on_rate_limit,
        audit_requests=str(audit_requests),
        max_staleness=max_staleness,
        full_refresh=full_refresh,
        replaces_credentials=replaces_credentials,
        raw=_several("raw", raw),
        extra_columns={name: _several("extra_columns", each) for name, each in (extra_columns or {}).items()},
        emails=emails,
    )
    return Session(settings, resolve_credentials(credentials, oauth_url))


def _several(setting: str, given: Sequence[str] | None) -> tuple[str, ...]:
    """A setting that is a list. Raises SettingsError for a text: as a list it would be one of its letters."""
    if isinstance(given, str):
        raise SettingsError(f"{setting} is {given!r}: it is a list, as in [{given!r}].")
    return tuple(given or ())


def configured_session(**given: Any) -> Session:
    """`make_session` with what is not given taken from dlt's configuration, section `sources.bitbucket`."""
    _refuse_misspelt_settings()
    configured = with_config(make_session, sections=("sources", "bitbucket"), include_defaults=True)
    try:
        return configured(**{name: value for name, value in given.items() if value not in (None, (), {})})
    except ConfigFieldMissingException:
        raise SettingsError(
            "No workspace. Name it, as in bitbucket.org/<workspace>, or set workspace in .dlt/config.toml."
        ) from None


def _refuse_misspelt_settings() -> None:
    """Raise SettingsError for a name in dlt's configuration that is nearly a setting's: dlt passes over it in silence.

    Other names are left alone: dlt has settings of its own there.
    """
    known = {*signature(make_session).parameters, *signature(make_pipeline).parameters, "tables"}
    # not dlt.config.get: what that answers, secrets among it, dlt writes into its trace
    found = [provider.get_value("bitbucket", dict, "", "sources")[0] for provider in dlt.config.config_providers]
    of_files = [name for section in found if isinstance(section, Mapping) for name in section]
    of_environment = [name.removeprefix(_ENVIRONMENT) for name in os.environ if name.startswith(_ENVIRONMENT)]
    for name in [*of_files, *(each.partition("__")[0].lower() for each in of_environment)]:
        meant = get_close_matches(name, known, 1)
        if name not in known and meant:
            raise SettingsError(f"{name} in [sources.bitbucket] is no setting. Is {meant[0]} meant?")


def resources_of(session: Session, tables: Sequence[Table], *, renew: bool = False) -> list[DltResource]:
    """The resources that read `tables` with a session; `renew` makes each extraction a sync of its own."""
    # importing pyarrow takes a tenth of a second, for which a script's start need not wait
    from bitbucket_source.load.reading import Reading, Readings, current_pipeline
    from bitbucket_source.load.resources import table_resources

    def start(selected: frozenset[Table]) -> Reading:
        own = session.next_sync() if renew else session
        return Reading(own, selected, current_pipeline(), warn=renew)

    return table_resources(tables, Readings(start), session.settings.catalog)


def selected_tables(names: Sequence[str] | None) -> list[Table]:
    """The tables of these names, or all default ones. Raises SettingsError for a name that is none."""
    known = {table.name: table for table in DATA_TABLES}
    if names is None:
        return [table for table in DATA_TABLES if table.default]
    unknown = [name for name in _several("tables", names) if name not in known]
    if unknown:
        meant = get_close_matches(unknown[0].lower(), known, 1)
        hint = f" Is {meant[0]} meant?" if meant else ""
        raise SettingsError(f"no such table: {', '.join(unknown)}.{hint} There are: {', '.join(known)}.")
    return [known[name] for name in dict.fromkeys(names)]
