"""What an endpoint is: its path, the scopes it wants, and the function that answers."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

from starlette.routing import compile_path

from bitbucket_emulator.server import bbql, fields, paging
from bitbucket_emulator.server.bbql import Field
from bitbucket_emulator.server.paging import Envelope, Row
from bitbucket_emulator.server.render.view import View
from bitbucket_emulator.world.model import Credential, World

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from bitbucket_emulator.server.feeds import Feeds
    from bitbucket_emulator.server.walks import Walks

Json: TypeAlias = dict[str, Any]

# the API-token scope that stands beside a legacy scope, unless an endpoint says otherwise (ENDPOINTS.md)
_TOKEN_SCOPES = {
    "account": "read:workspace:bitbucket",
    "pipeline": "read:pipeline:bitbucket",
    "project": "read:project:bitbucket",
    "pullrequest": "read:pullrequest:bitbucket",
    "repository": "read:repository:bitbucket",
    "repository:admin": "admin:repository:bitbucket",
    "webhook": "read:webhook:bitbucket",
}

_ADMINISTRATION = frozenset({"project:admin", "repository:admin", "webhook"})
_PUBLIC_SCOPES = frozenset({"repository", "pullrequest", "pipeline"})


@dataclass(slots=True)
class Call:
    """One request, as the function that answers it sees it.

    Attributes:
        view: the world, and the API's address as the client wrote it.
        method: GET or POST.
        address: scheme, host and path as the client wrote them, without the query.
        parameters: of the path, decoded.
        query: of the URL, decoded, in order.
        form: of the body.
        credential: who asks, None without any.
        for_administrators: whether it is about what only administrators may see.
        fields: the parsed `fields` parameter.
        walks: walks through commits that a later page goes on with.
        feeds: the activity of whole repositories.
        accept: the header of that name.
    """

    view: View
    method: str
    address: str
    parameters: Mapping[str, str]
    query: list[tuple[str, str]]
    form: list[tuple[str, str]]
    credential: Credential | None
    for_administrators: bool
    fields: fields.Fields
    walks: Walks
    feeds: Feeds
    accept: str = "*/*"

    @property
    def world(self) -> World:
        """The world behind the view."""
        return self.view.world

    def one(self, name: str) -> str | None:
        """The last value of a query parameter."""
        return next((value for key, value in reversed(self.query) if key == name), None)

    def all(self, name: str) -> list[str]:
        """The values of a query parameter that may be repeated."""
        return [value for key, value in self.query if key == name]

    def page(self, rows: Sequence[Row], render: Callable[[Row], Json], envelope: Envelope) -> Json:
        """The page of the rows that was asked for; `paging.page` has the details."""
        return paging.page(rows, render, envelope, self.address, self.query)

    def select(
        self,
        rows: Iterable[Row],
        filterable: Mapping[str, Field],
        *,
        sortable: Mapping[str, Field] | None = None,
        default_sort: str | None = None,
    ) -> list[Row]:
        """The rows that `q` keeps, in the order of `sort`.

        Args:
            rows: all rows, in the collection's own order.
            filterable: what `q` may name, and `sort` unless `sortable` differs.
            sortable: what `sort` may name.
            default_sort: used without `sort`; None keeps the collection's own order.
        """
        q, order = self.one("q"), self.one("sort") or default_sort
        kept = list(rows) if not q else list(filter(bbql.compile_query(q, filterable), rows))
        if order:
            key, descending = bbql.sort_key(order, sortable or filterable)
            # rows without a value come first ascending and last descending, as in the databases behind the API
            kept.sort(key=lambda row: (0,) if (value := key.read(row)) is None else (1, value), reverse=descending)
        return kept


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer other than 200 with JSON."""

    status: int
    body: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    content_type: str = "text/plain"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One path of the API.

    Attributes:
        method: GET or POST.
        path: the template, as in Bitbucket's documentation.
        scopes: what access tokens and OAuth tokens need, all of them; they do not imply each other (FACTS 8).
        token_scopes: what API tokens need.
        refuses: kinds of credentials that get 403 whatever their scopes.
        answer: makes the answer.
    """

    method: str
    path: str
    scopes: tuple[str, ...]
    token_scopes: tuple[str, ...]
    refuses: frozenset[str]
    answer: Callable[[Call], Json | Answer]

    @property
    def for_administrators(self) -> bool:
        """Whether the account has to administer the repository or project, whatever the scopes (documented 403s)."""
        return not _ADMINISTRATION.isdisjoint(self.scopes)

    @property
    def is_public(self) -> bool:
        """Whether somebody without credentials gets an answer where the repository is public."""
        return self.path.startswith("/repositories/") and _PUBLIC_SCOPES.issuperset(self.scopes)


Handler: TypeAlias = Callable[[Call], Json | Answer]


class Endpoints:
    """A family's endpoints: a decorator to add them, an iterator to read them."""

    def __init__(self) -> None:
        self._found: list[Endpoint] = []

    def __iter__(self) -> Iterator[Endpoint]:
        return iter(self._found)

    def get(
        self,
        path: str,
        *scopes: str,
        token_scopes: tuple[str, ...] | None = None,
        refuses: frozenset[str] = frozenset(),
    ) -> Callable[[Handler], Handler]:
        """Adds `GET path`; see Endpoint."""
        return self._add("GET", path, scopes, token_scopes, refuses)

    def post(self, path: str, *scopes: str) -> Callable[[Handler], Handler]:
        """Adds `POST path`; see Endpoint."""
        return self._add("POST", path, scopes, None, frozenset())

    def _add(
        self,
        method: str,
        path: str,
        scopes: tuple[str, ...],
        token_scopes: tuple[str, ...] | None,
        refuses: frozenset[str],
    ) -> Callable[[Handler], Handler]:
        granular = tuple(_TOKEN_SCOPES[scope] for scope in scopes) if token_scopes is None else token_scopes

        def add(answer: Handler) -> Handler:
            self._found.append(Endpoint(method, path, scopes, granular, refuses, answer))
            return answer

        return add


class Table:
    """All endpoints, found by method and path. The first that fits wins."""

    def __init__(self, endpoints: Iterable[Endpoint]) -> None:
        self._rows: list[tuple[re.Pattern[str], Endpoint]] = [
            (compile_path(endpoint.path)[0], endpoint) for endpoint in endpoints
        ]

    def __iter__(self) -> Iterator[Endpoint]:
        return (endpoint for _, endpoint in self._rows)

    def find(self, method: str, path: str) -> tuple[Endpoint, dict[str, str]] | None:
        """The endpoint of a decoded path without `/2.0`, and the path's parameters.

        A last slash means nothing, unless a path is served only with it: the root folder of a commit.
        """
        for each in dict.fromkeys((path.rstrip("/") or "/", path)):
            for pattern, endpoint in self._rows:
                if endpoint.method == method and (found := pattern.match(each)):
                    return endpoint, found.groupdict()
        return None
