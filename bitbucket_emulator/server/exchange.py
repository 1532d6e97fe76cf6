"""One request to /2.0 from its bytes to its answer: who, what, faults, headers, log."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from email.utils import formatdate
from time import perf_counter
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from bitbucket_emulator.server import auth, errors, fields, mishaps
from bitbucket_emulator.server.endpoints import Answer, Call, Endpoint, Table
from bitbucket_emulator.server.errors import ApiError
from bitbucket_emulator.server.faults import Armed, of_kind
from bitbucket_emulator.server.rate_limit import Usage
from bitbucket_emulator.server.render.view import View
from bitbucket_emulator.server.reply import Reply, etag, of_error
from bitbucket_emulator.server.request_log import Entry
from bitbucket_emulator.world.actions import ActionError, action_named
from bitbucket_emulator.world.model import SECOND

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

    from bitbucket_emulator.server.state import State
    from bitbucket_emulator.world.model import Credential

PREFIX = "/2.0"
_LONGEST_LINE = 4094


@dataclass(slots=True)
class Incoming:
    """A request, read."""

    method: str
    path: str
    target: str
    address: str
    origin: str
    client: str
    query: list[tuple[str, str]]
    form: list[tuple[str, str]]
    headers: dict[str, str]

    def values(self, name: str) -> list[str]:
        """Those of a query parameter."""
        return [value for key, value in self.query if key == name]


class Api:
    """The ASGI application of /2.0."""

    def __init__(self, state: State, table: Table) -> None:
        self._state = state
        self._table = table

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request."""
        started = perf_counter()
        incoming = await _read(scope, receive)
        state = self._state
        number = state.log.next_number()
        query = "&".join(f"{name}={value}" for name, value in incoming.query)
        met = state.faults.meeting(incoming.method, incoming.path, query)
        struck = [armed for armed, strikes in met if strikes]
        for armed in of_kind(struck, "delay"):
            await asyncio.sleep(armed.fault.seconds)
        with state.world.lock:
            problems = self._act(struck, "before")
            credential, reply = self._reply(incoming, struck)
            for armed, _ in met:
                if armed in struck:
                    mishaps.change(armed, reply, incoming.address, incoming.query)
                mishaps.remember(armed, reply, incoming.address, incoming.query)
            body = _finish(incoming, reply)
            problems += self._act(struck, "after")
        cut_before = bool(of_kind(struck, "cut_before_headers"))
        state.log.entries.append(
            Entry(
                number,
                incoming.method,
                PREFIX + incoming.path,
                tuple(incoming.query),
                tuple(incoming.form),
                0 if cut_before else reply.status,
                None if credential is None else credential.name,
                (perf_counter() - started) * 1000,
                tuple(armed.fault.kind for armed in struck),
                tuple(problems),
            )
        )
        if cut_before:
            await _cut(scope)
            return
        await send({"type": "http.response.start", "status": reply.status, "headers": _raw(reply, len(body))})
        if of_kind(struck, "cut"):
            await send({"type": "http.response.body", "body": body[: len(body) // 2], "more_body": True})
            await _cut(scope)
            return
        await send({"type": "http.response.body", "body": body})

    def _act(self, struck: list[Armed], when: str) -> list[str]:
        """Lets people act; returns why some could not."""
        problems = []
        for armed in of_kind(struck, "action"):
            if armed.fault.when == when:
                try:
                    action_named(armed.fault.action)(self._state.world, **armed.fault.arguments)
                except ActionError as problem:
                    armed.errors.append(str(problem))
                    problems.append(str(problem))
        return problems

    def _reply(self, incoming: Incoming, struck: list[Armed]) -> tuple[Credential | None, Reply]:
        state = self._state
        credential: Credential | None = None
        endpoint: Endpoint | None = None
        usage: Usage | None = None
        try:
            _check_length(incoming)
            credential = auth.identify(state.world, state.grants, incoming.headers.get("authorization"))
            found = self._table.find(incoming.method, incoming.path)
            endpoint = None if found is None else found[0]
            usage = state.limiter.admit(credential, incoming.client)
            reply = next(
                (made for armed in struck if (made := mishaps.instead(armed.fault, state.world, incoming.query))), None
            )
            if reply is None:
                shown = [] if of_kind(struck, "all_fields") else incoming.values("fields")
                reply = self._answer(incoming, credential, found, shown)
        except ApiError as error:
            reply = of_error(error)
        _add_headers(reply, self._state.world.clock, credential, endpoint, usage)
        return credential, reply

    def _answer(
        self,
        incoming: Incoming,
        credential: Credential | None,
        found: tuple[Endpoint, dict[str, str]] | None,
        shown: list[str],
    ) -> Reply:
        if found is None:
            raise errors.no_such_api()
        endpoint, parameters = found
        auth.check(endpoint, credential)
        call = Call(
            view=View(self._state.world, incoming.origin + PREFIX),
            method=incoming.method,
            address=incoming.address,
            parameters=parameters,
            query=incoming.query,
            form=incoming.form,
            credential=credential,
            for_administrators=endpoint.for_administrators,
            fields=fields.parse(shown),
            walks=self._state.walks,
            feeds=self._state.feeds,
            accept=incoming.headers.get("accept", "*/*"),
        )
        answer = endpoint.answer(call)
        if not isinstance(answer, Answer):
            return Reply(200, call.fields.apply(answer))
        return Reply(answer.status, None, answer.body.encode(), answer.content_type, dict(answer.headers))


async def _read(scope: Scope, receive: Receive) -> Incoming:
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
    body = b""
    if scope["method"] != "GET":
        more = True
        while more:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
    origin = f"{scope['scheme']}://{headers.get('host', 'localhost')}"
    client = scope.get("client")
    path, query = scope["raw_path"].decode("latin-1"), scope["query_string"].decode("latin-1")
    is_form = headers.get("content-type", "").startswith("application/x-www-form-urlencoded")
    return Incoming(
        method="GET" if scope["method"] == "HEAD" else scope["method"],
        path=scope["path"].removeprefix(PREFIX) or "/",
        target=f"{path}?{query}" if query else path,
        address=origin + path,
        origin=origin,
        client="" if client is None else client[0],
        query=parse_qsl(query, keep_blank_values=True),
        form=parse_qsl(body.decode(errors="replace"), keep_blank_values=True) if is_form else [],
        headers=headers,
    )


def _check_length(incoming: Incoming) -> None:
    """The request line has room for 4094 characters (FACTS 2)."""
    length = len(f"{incoming.method} {incoming.target} HTTP/1.1")
    if length > _LONGEST_LINE:
        raise errors.line_too_long(length, _LONGEST_LINE)


def _add_headers(
    reply: Reply, now: int, credential: Credential | None, endpoint: Endpoint | None, usage: Usage | None
) -> None:
    """The headers of every answer (FACTS 7); `now` is the world's time."""
    headers = {"Server": "AtlassianEdge", "Vary": "Authorization", "Cache-Control": "no-cache, no-store"}
    headers["Date"] = formatdate(now / SECOND, usegmt=True)
    if endpoint is not None:
        headers["X-Accepted-OAuth-Scopes"] = ", ".join(auth.required_scopes(endpoint, credential))
    if credential is not None:
        headers["X-OAuth-Scopes"] = ", ".join(sorted(credential.scopes))
        headers["X-Credential-Type"] = auth.CREDENTIAL_TYPES[credential.kind]
    if usage is not None:
        headers["X-Request-Count"] = str(usage.count)
        headers |= _rate_headers(credential, usage)
    reply.headers = headers | reply.headers


def _rate_headers(credential: Credential | None, usage: Usage) -> dict[str, str]:
    left = usage.limit - usage.count
    if credential is None:
        return {
            "x-ratelimit-limit": f"{usage.limit}, {usage.limit};w=3600",
            "x-ratelimit-remaining": str(max(left, 0)),
            "x-ratelimit-reset": str(usage.seconds_to_reset),
        }
    if credential.kind == "bearer":
        return {
            "X-RateLimit-Limit": str(usage.limit),
            "X-RateLimit-Resource": "api",
            "X-RateLimit-NearLimit": "true" if left < usage.limit / 5 else "false",
        }
    return {}


def _finish(incoming: Incoming, reply: Reply) -> bytes:
    body = reply.encode()
    if reply.status == 200:
        reply.headers["ETag"] = etag(body)
        if incoming.headers.get("if-none-match") == reply.headers["ETag"]:
            reply.status = 304
            return b""
    return body


def _raw(reply: Reply, length: int) -> list[tuple[bytes, bytes]]:
    headers = reply.headers if reply.status == 304 else {"Content-Type": reply.content_type, **reply.headers}
    headers = {**headers, "Content-Length": str(length)} if reply.status != 304 else headers
    return [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]


async def _cut(scope: Scope) -> None:
    transport: Any = scope["extensions"]["transport"]
    transport.close()
    # the server notices the lost connection in its next round, and then leaves it alone
    while not transport.is_closing():
        await asyncio.sleep(0)
    await asyncio.sleep(0.01)
