"""What stands between us and Bitbucket: connections, and what to tell where they fail."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, cast
from urllib.parse import urljoin, urlsplit

import requests
from requests import exceptions
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase

from bitbucket_source.api.errors import NoAnswer, TryFailed

_CONNECTIONS = 32
"""as many as a sync may have workers"""
_TIMEOUT_SECONDS = (10, 120)  # to connect, between two bytes: Bitbucket computes diffs for up to a minute
_BYTES_AT_ONCE = 1 << 20
"""of a body"""
_HEADERS = {"Accept": "application/json", "User-Agent": "bitbucket-source", "Accept-Encoding": "gzip, deflate"}

_BROKEN = "the answer points to a broken address"

Form = Sequence[tuple[str, str]]


class Response(NamedTuple):
    """An answer, read to its end."""

    status_code: int
    headers: Mapping[str, str]
    body: bytes


class Connections:
    """Kept connections to one origin, safe to share between threads: no cookies, no .netrc, no redirect is followed."""

    def __init__(self, base_url: str) -> None:
        # proxy and certificates: the same for the whole origin, and dear to look up with each request
        surroundings = requests.Session().merge_environment_settings(base_url, {}, None, None, None)
        self._surroundings = cast("dict[str, Any]", surroundings)
        # not by a session: what it adds takes as long as a fifth of a request
        self._adapter = HTTPAdapter(pool_maxsize=_CONNECTIONS)

    def send(self, url: str, form: Form | None, auth: AuthBase) -> Response:
        """GET a URL, or POST a form to it. Raises TryFailed where no answer comes."""
        try:
            request = requests.PreparedRequest()
            request.prepare(
                "GET" if form is None else "POST",
                url,
                headers=_HEADERS,
                data=None if form is None else list(form),
                auth=auth,
            )
            answer = self._adapter.send(request, timeout=_TIMEOUT_SECONDS, **self._surroundings)
            return Response(answer.status_code, answer.headers, b"".join(answer.iter_content(_BYTES_AT_ONCE)))
        except (OSError, ValueError) as error:
            failure = _failure_of(error, host_of(url))
        # outside of the except clause: the exception of requests holds the request with its Authorization header
        raise failure


def redirected(url: str, response: Response) -> str:
    """Where an answer points to. Raises TryFailed where that is no URL."""
    try:
        return urljoin(url, response.headers.get("Location", ""))
    except ValueError:
        raise TryFailed(_BROKEN) from None


def _failure_of(error: Exception, host: str) -> TryFailed:
    if isinstance(error, ValueError) and not isinstance(error, OSError):
        # an address that an answer names, as a half of a surrogate pair in `next`
        return TryFailed(_BROKEN)
    return NoAnswer(f"no answer from {host}: {_why_no_answer(error)}", host)


def _why_no_answer(error: Exception) -> str:
    """What to tell people; the error's own text would show the URL and, behind a proxy, its password."""
    match error:
        case exceptions.ProxyError():
            return "the proxy gives no connection; check HTTPS_PROXY"
        case exceptions.SSLError() if "certificate" not in str(error).lower():
            return "it does not answer in TLS; check whether http:// is meant, or a proxy stands between"
        case exceptions.SSLError():
            return "the server's certificate is not trusted; name your own authority's file in REQUESTS_CA_BUNDLE"
        case exceptions.Timeout():
            return "no byte came in time"
        case exceptions.RequestException():
            return f"the connection failed ({type(error).__name__})"
        case _:
            return "the file that REQUESTS_CA_BUNDLE names cannot be read"


def host_of(url: str) -> str:
    """The host of a URL with its port, and without any password."""
    return urlsplit(url).netloc.rpartition("@")[2]


def fault_of_address(name: str, url: str, example: str) -> str:
    """What is wrong with the setting `name`, the URL of a server, in a sentence; '' where nothing is."""
    try:
        parts = urlsplit(url)
        is_address = parts.scheme in {"https", "http"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        # a port that is none, a bracket too few
        is_address = False
    if "@" in url:
        # not shown: it may be a password, which would stand in messages too
        return f"{name} holds a name or a password: leave them out, credentials have settings of their own."
    return "" if is_address else f"{name} is {url!r}: write it like {example}."
