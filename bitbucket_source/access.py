"""What credentials can read: asked, not guessed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bitbucket_source.api.decode import decode_json
from bitbucket_source.api.errors import AccessDenied, BitbucketError, CredentialsRefused, NotFound
from bitbucket_source.session import Session
from bitbucket_source.sync.ask import Ask
from bitbucket_source.sync.repositories import Repository, read_repositories
from bitbucket_source.tables import PIPELINES, Table


@dataclass(frozen=True)
class Access:
    """Who the credentials belong to and what they can read."""

    kind: str
    account: str
    scopes: tuple[str, ...]
    workspace: str
    repositories: int
    tables: tuple[tuple[Table, str | None], ...]
    """each table, and why it cannot be read; None where it can"""
    requests: int

    @property
    def is_complete(self) -> bool:
        """Whether every table can be read."""
        return all(refusal is None for _, refusal in self.tables)


def check_access(session: Session, tables: Sequence[Table]) -> Access:
    """Ask for the account, the repositories and one row of each table's list.

    Raises CredentialsRefused where the credentials are refused, and NotFound where the workspace is.
    """
    account, scopes = _account(session)
    ask = Ask(session.lists, session.settings.workspace, frozenset(tables))
    repositories: list[Repository] = []
    for _ in read_repositories(ask, session.settings.selection, repositories, []):
        pass
    return Access(
        kind=session.credentials.description,
        account=account,
        scopes=scopes,
        workspace=session.settings.workspace,
        repositories=len(repositories),
        tables=tuple(_refusals(ask, tables, repositories)),
        requests=session.budget.requests,
    )


def _account(session: Session) -> tuple[str, tuple[str, ...]]:
    """The account's name, and the scopes that the answer's headers tell."""
    client = session.client
    try:
        answer = client.ask(client.url("/user"), "/user", decode_json)
    except CredentialsRefused:
        raise
    except (AccessDenied, NotFound) as error:
        granted = getattr(error, "granted", [])
        return "an account that it may not tell (no scope account)", tuple(granted)
    user = answer.content
    told = answer.headers.get("X-OAuth-Scopes", "")
    scopes = tuple(scope.strip() for scope in told.split(",") if scope.strip())
    return f"{user.get('display_name')} {user.get('uuid')}", scopes


def _refusals(ask: Ask, tables: Sequence[Table], repositories: list[Repository]) -> Iterator[tuple[Table, str | None]]:
    """Each table with why it cannot be read; a table that rides on another's list shares its answer."""
    asked: dict[str, str | None] = {}
    place = dict(repositories[0].place) if repositories else {}
    for table in tables:
        source = table if table.endpoint or table.parent is None else table.parent
        if source.endpoint and source.endpoint not in asked:
            asked[source.endpoint] = _refusal(ask, source, place)
        yield table, asked.get(source.endpoint)


def _refusal(ask: Ask, table: Table, place: dict[str, str]) -> str | None:
    """Why the table's list cannot be read; None where it can, or where there is nothing to try it on.

    A pipeline that was found is added to `place`: its steps are tried next.
    """
    if "{repository_uuid}" in table.endpoint and "repository_uuid" not in place:
        return None
    if "{pipeline_uuid}" in table.endpoint and "pipeline_uuid" not in place:
        return None
    try:
        row = ask.first_row(table, place) if table.pagelen else ask.one(table)
    except NotFound as error:
        # below a repository it means that there is nothing: no commits, never a pipeline
        return None if "{repository_uuid}" in table.endpoint else str(error)
    except CredentialsRefused:
        raise
    except BitbucketError as error:
        return str(error)
    if table is PIPELINES and row is not None:
        place["pipeline_uuid"] = row.uuid
    return None
