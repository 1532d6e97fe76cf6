"""What credentials can read: asked, not guessed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from string import Formatter
from typing import Any

from bitbucket_source.api.client import Client
from bitbucket_source.api.credentials import Credentials, CredentialsError
from bitbucket_source.api.decode import decode_json
from bitbucket_source.api.errors import AccessDenied, BitbucketError, CredentialsRefused, NotFound
from bitbucket_source.session import Session
from bitbucket_source.sync.ask import Ask
from bitbucket_source.sync.repositories import Repository, read_repositories
from bitbucket_source.sync.whole_lists import WHOLE_LISTS
from bitbucket_source.tables import COMMITS, PIPELINE_STEPS, PIPELINES, PULL_REQUESTS, REPORTS, Table


@dataclass(frozen=True)
class Holder:
    """Whose credentials these are, and how far they reach."""

    kind: str
    origin: str
    """where they were found"""
    account: str
    scopes: tuple[str, ...]
    ends: str
    """how long they are good for"""
    repositories: int
    """how many of the workspace they see"""
    refusal: str = ""
    """why they are not accepted; '' where they are"""


@dataclass(frozen=True)
class Access:
    """Who the credentials belong to and what they can read together."""

    holders: tuple[Holder, ...]
    workspace: str
    repositories: int
    """how many are selected"""
    tables: tuple[tuple[Table, str | None], ...]
    """each table, and why it cannot be read; None where it can"""
    requests: int

    @property
    def is_complete(self) -> bool:
        """Whether every table can be read, and all of the credentials are accepted."""
        return all(refusal is None for _, refusal in self.tables) and not any(each.refusal for each in self.holders)


def check_access(session: Session, tables: Sequence[Table]) -> Access:
    """Ask for the account, the repositories and one row of each table's list.

    Raises CredentialsRefused where the credentials are refused, and NotFound where the workspace is.
    """
    is_alone = len(session.client.pool.members) == 1
    asked = [_account(member, client, is_alone) for member, client in session.client.of_each()]
    ask = Ask(session.lists, session.settings.workspace, frozenset(tables))
    repositories: list[Repository] = []
    for _ in read_repositories(ask, session.settings.selection, repositories, []):
        pass
    trials = _Trials(ask, repositories)
    return Access(
        holders=tuple(_with_sight(session, holder, identity) for identity, holder in asked),
        workspace=session.settings.workspace,
        repositories=len(repositories),
        tables=tuple((table, trials.refusal(table)) for table in tables),
        requests=session.budget.requests,
    )


def _account(member: Credentials, client: Client, is_alone: bool) -> tuple[str, Holder]:
    """The identity of some credentials, and what is known of them before any list was read.

    Raises CredentialsRefused and CredentialsError where there are no others.
    """
    scopes: tuple[str, ...] = ()
    refusal = ""
    try:
        answer = client.ask(client.url("/user"), "/user", decode_json)
        account = f"{answer.content.get('display_name')} {answer.content.get('uuid')}"
        told = answer.headers.get("X-OAuth-Scopes", "")
        scopes = tuple(scope.strip() for scope in told.split(",") if scope.strip())
    except (CredentialsRefused, CredentialsError) as error:
        if is_alone:
            raise
        account, refusal = "an account that is not known", str(error)
    except (AccessDenied, NotFound) as error:
        account = "an account that it may not tell (no scope account)"
        scopes = tuple(getattr(error, "granted", []))
    holder = Holder(member.description, member.origin, account, scopes, member.ends, 0, refusal)
    return member.identity, holder


def _with_sight(session: Session, holder: Holder, identity: str) -> Holder:
    return replace(holder, repositories=len(session.client.pool.sights.get(identity, ())))


_NAMED_BY = {
    "commit_hash": (COMMITS, "hash"),
    "pull_request_id": (PULL_REQUESTS, "id"),
    "pipeline_uuid": (PIPELINES, "uuid"),
    "step_uuid": (PIPELINE_STEPS, "uuid"),
    "report_uuid": (REPORTS, "uuid"),
}
"""what lists below an object call it: the table of the object, and what it is called itself"""


class _Trials:
    """Tries one row of each list, once. What rides on another's list, or hangs below it, shares its refusal."""

    def __init__(self, ask: Ask, repositories: Sequence[Repository]) -> None:
        self._ask = ask
        self._place: dict[str, Any] = dict(repositories[0].place) if repositories else {}
        self._refusals: dict[str, str | None] = {}

    def refusal(self, table: Table) -> str | None:
        """Why a table cannot be read; None where it can, or where there is nothing to try it on."""
        while not table.endpoint and table.parent is not None:
            table = table.parent
        if not table.endpoint:
            return None
        if table.endpoint not in self._refusals:
            self._refusals[table.endpoint] = self._above(table) or self._of_list(table)
        return self._refusals[table.endpoint]

    def _above(self, table: Table) -> str | None:
        needed = [_NAMED_BY[name][0] for name in _names_in(table) if name in _NAMED_BY]
        if table.parent is not None:
            needed.append(table.parent)
        return next(filter(None, map(self.refusal, needed)), None)

    def _of_list(self, table: Table) -> str | None:
        there = {**self._place, **WHOLE_LISTS.get(table, ({},))[0]}
        if not _names_in(table) <= {"workspace", *there}:
            return None
        try:
            row = self._ask.first_row(table, there) if table.pagelen else self._ask.one(table, there)
        except NotFound as error:
            # below a repository it means that there is nothing: no commits, never a pipeline
            return None if "{repository_uuid}" in table.endpoint else str(error)
        except CredentialsRefused:
            raise
        except BitbucketError as error:
            return str(error)
        # the lists below the object are tried next
        for name, (above, identity) in _NAMED_BY.items():
            if above is table and row is not None:
                self._place[name] = getattr(row, identity)
        return None


def _names_in(table: Table) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(table.endpoint) if name}
