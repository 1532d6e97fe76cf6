"""What stands between us and Bitbucket: connections, and what to tell where they fail."""

from __future__ import annotations

from http.cookiejar import DefaultCookiePolicy
from urllib.parse import urlsplit

import requests
from requests import exceptions
from requests.adapters import HTTPAdapter

from bitbucket_source.api.errors import NoAnswer, TryFailed

_CONNECTIONS = 32
"""as many as a sync may have workers"""


def new_session() -> requests.Session:
    """A session that keeps no cookies, safe to share between threads."""
    session = requests.Session()
    session.headers.update({"Accept": "application/json", "User-Agent": "bitbucket-source"})
    # cookies are the one thing that threads would change in a session
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    for scheme in ("https://", "http://"):
        session.mount(scheme, HTTPAdapter(pool_maxsize=_CONNECTIONS))
    return session


def failure_of(error: Exception, host: str) -> TryFailed:
    """What a try ended with that got no response."""
    if isinstance(error, ValueError) and not isinstance(error, OSError):
        # requests looks at Location even where it is told not to follow
        return TryFailed("the answer points to a broken address")
    return NoAnswer(f"no answer from {host}: {_why_no_answer(error)}", host)


def _why_no_answer(error: Exception) -> str:
    """What to tell people; the error's own text would show the URL and, behind a proxy, its password."""
    match error:
        case exceptions.ProxyError():
            return "the proxy gives no connection; check HTTPS_PROXY"
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
