"""What can go wrong when Bitbucket is asked.

BitbucketError                what failed, why, what to do next
├── CredentialsRefused        401: nothing can be read
├── AccessDenied              403: this list cannot be read
│   ├── ScopeMissing          403 that names the scopes it takes
│   └── OutOfSight            the repository is hidden now: that says nothing of what is in it
├── NotFound                  404, with the hashes a commit listing could not resolve
├── Gone                      410: Bitbucket removed the endpoint
├── BadRequest                400 and other 4xx
├── RateLimited               429 for longer than the client waits
├── ServerTrouble             5xx, broken connections, HTML or broken JSON, after all retries
├── UnexpectedShape           an object that does not have the declared shape
└── UnsafeLink                a `next` or a redirect that must not be followed
Stopped                       no error: the budget or the time ended, or the user asked to stop
TryFailed                     one try failed; never leaves this package
└── NoAnswer                  the server could not be reached, or gave no answer
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bitbucket_source.api.credentials import AN_ARGUMENT, Credentials
from bitbucket_source.api.scopes import surely_lacks
from bitbucket_source.texts import storable


class BitbucketError(Exception):
    """Something could not be read. `str()` is a sentence for people; `endpoint` the path that was asked."""

    status: int | None = None

    def __init__(self, endpoint: str, why: str, next_step: str = "") -> None:
        self.endpoint = endpoint
        # parts of it are Bitbucket's, or of whatever answered in its place
        self.why = why = storable(why)
        self.next_step = next_step = storable(next_step)
        status = f"{self.status} " if self.status else ""
        super().__init__(f"{status}on {endpoint}: {why}" + (f" {next_step}" if next_step else ""))


class CredentialsRefused(BitbucketError):
    """401: the credentials are wrong, expired or revoked."""

    status = 401

    def of(self, credentials: Credentials) -> CredentialsRefused:
        """The same with where the credentials were found, unless whoever asks gave them."""
        if credentials.origin == AN_ARGUMENT:
            return self
        why = f"{self.why} This is the {credentials.description} from {credentials.origin}."
        return CredentialsRefused(self.endpoint, why, self.next_step)


class AccessDenied(BitbucketError):
    """403: the credentials may not read this."""

    status: int | None = 403


class ScopeMissing(AccessDenied):
    """403 with the scopes the endpoint takes, all of them (`required`), and those the credentials have (`granted`).

    That it takes all is what a list of scopes in one security requirement of the OpenAPI document means.
    """

    def __init__(self, endpoint: str, required: list[str], granted: list[str]) -> None:
        self.required = required
        self.granted = granted
        lacking = [scope for scope in required if surely_lacks(granted, scope)] or required
        super().__init__(
            endpoint,
            f"the credentials lack {scopes_named(lacking)} (they have: {', '.join(granted) or 'none'}).",
            f"Create them again with {'that scope' if len(lacking) == 1 else 'those scopes'}, "
            "or leave the table out with --tables.",
        )


class OutOfSight(AccessDenied):
    """The repository is hidden: since it was listed, or because those who see it are no longer accepted.

    That something in it is not found proves nothing then.
    """

    status = None


class NotFound(BitbucketError):
    """404: not there, or not visible.

    `unresolved` are the hashes a commit listing could not resolve; `is_of_repository` says that the repository itself
    is not there or hidden, not something in it.
    """

    status = 404

    def __init__(
        self,
        endpoint: str,
        why: str,
        next_step: str = "",
        unresolved: tuple[str, ...] = (),
        is_of_repository: bool = False,
    ) -> None:
        self.unresolved = unresolved
        self.is_of_repository = is_of_repository
        super().__init__(endpoint, why, next_step)


class Gone(BitbucketError):
    """410: the endpoint was removed from Bitbucket."""

    status = 410


class BadRequest(BitbucketError):
    """A 4xx that says the question was wrong."""

    def __init__(self, endpoint: str, status: int, why: str) -> None:
        self.status = status
        super().__init__(endpoint, why)


class RateLimited(BitbucketError):
    """429 for longer than the client was told to wait."""

    status = 429


class ServerTrouble(BitbucketError):
    """Bitbucket, or something on the way to it, did not give a usable answer in several tries."""

    def __init__(
        self,
        endpoint: str,
        status: int | None,
        why: str,
        tries: int,
        next_step: str = "The next sync goes on from where this list stood.",
    ) -> None:
        self.status = status
        tried = f" ({tries} tries)" if tries > 1 else ""
        super().__init__(endpoint, f"{why}{tried}.", next_step)


class UnexpectedShape(BitbucketError):
    """A single object is good JSON, but not what the declaration says: asking again would not help."""


class UnsafeLink(BitbucketError):
    """The answer points to another host, or in a circle."""


class Stopped(Exception):
    """The budget or the time ended, or the user asked to stop. `str()` says which."""


class TryFailed(Exception):
    """One try gave no usable answer, and another may: the client asks again, and raises ServerTrouble in the end.

    `status` and `retry_after` (the header) where there was an answer at all.
    """

    def __init__(self, why: str, status: int | None = None, retry_after: str | None = None) -> None:
        self.why = why
        self.status = status
        self.retry_after = retry_after
        super().__init__(why)


class NoAnswer(TryFailed):
    """One try got no answer from `host`."""

    def __init__(self, why: str, host: str) -> None:
        self.host = host
        super().__init__(why)


def scopes_named(scopes: Sequence[str]) -> str:
    """`the scope project`, `the scopes project and project:admin`: all of them are meant."""
    *others, last = scopes or [""]
    return f"the scopes {', '.join(others)} and {last}" if others else f"the scope {last}"


_LONGEST_TOLD = 300  # characters of what Bitbucket says that fit into a message


@dataclass(frozen=True)
class _Body:
    """The parts of an error's JSON body. Bitbucket puts an object into `detail` for scopes, else a text (FACTS 8)."""

    message: str
    detail: Any
    data: dict[str, Any]

    @classmethod
    def read(cls, content: bytes) -> _Body:
        """Read the bytes of an error's answer; everything is empty where they hold no such JSON."""
        try:
            body = json.loads(content)
        except (ValueError, RecursionError):
            body = None
        error = body.get("error") if isinstance(body, dict) else None
        if not isinstance(error, dict):
            return cls("", None, {})
        data = error.get("data")
        return cls(str(error.get("message") or ""), error.get("detail"), data if isinstance(data, dict) else {})

    def sentence(self, otherwise: str) -> str:
        """What the body says, as one sentence; `otherwise` where it says nothing."""
        text = f"{self.message.rstrip('.')}: {self.detail}" if isinstance(self.detail, str) else self.message
        line = text.partition("\n")[0].strip()[:_LONGEST_TOLD] or otherwise
        return line if line.endswith((".", "!", "?")) else f"{line}."


def error_of_answer(endpoint: str, status: int, content: bytes) -> BitbucketError:
    """The error that an answer stands for which is neither a 200 nor worth another try; `content` is its body."""
    told = _Body.read(content)
    match status:
        case 401:
            return _refused(endpoint, told)
        case 403 if isinstance(told.detail, dict) and "required" in told.detail:
            return ScopeMissing(endpoint, _texts(told.detail["required"]), _texts(told.detail.get("granted")))
        case 403 if "provided token" in told.message:
            why = told.sentence("")
            return AccessDenied(endpoint, why, "Use another kind of credentials, or leave the table out with --tables.")
        case 403:
            return AccessDenied(endpoint, told.sentence("access is denied"), _what_access_takes(endpoint))
        case 404:
            return NotFound(
                endpoint,
                told.sentence("not found"),
                _what_may_be_missing(endpoint, told),
                tuple(_texts(told.data.get("shas"))),
                # a page of HTML is what commits of a hidden repository answer with (errors.json)
                "access to this repository" in told.message or content.lstrip().startswith(b"<"),
            )
        case 410:
            announced = f" See {url}." if (url := told.data.get("announcement_url")) else ""
            why = told.sentence("Bitbucket removed this endpoint")
            return Gone(endpoint, why, f"Update bitbucket-source.{announced}")
        case _ if status >= 500:
            return ServerTrouble(endpoint, status, told.sentence("Bitbucket gives no answer to this").rstrip("."), 1)
        case _ if 300 <= status < 400:
            return BadRequest(endpoint, status, "redirected too often, or to nowhere.")
        case _:
            return BadRequest(endpoint, status, told.sentence("Bitbucket refuses the request"))


def _what_may_be_missing(endpoint: str, told: _Body) -> str:
    is_first_asked = endpoint.startswith(("/workspaces/", "/repositories/")) and endpoint.count("/") == 2
    if is_first_asked and not told.message:
        return "That is not Bitbucket's API: check the address in --base-url, which ends in /2.0."
    return "Check the spelling; a repository these credentials may not see looks the same."


_FOR_ADMINISTRATORS = frozenset({"branch-restrictions", "hooks", "permissions-config"})
"""what answers 403 to everybody else (OpenAPI document), whatever the scopes"""


def _what_access_takes(endpoint: str) -> str:
    below_repository = endpoint.split("/")[4:]
    if _FOR_ADMINISTRATORS.isdisjoint(below_repository):
        return "Ask an administrator for read access."
    return (
        "Only administrators of the repository may read this: use credentials of one, "
        "or leave the table out with --tables."
    )


def _refused(endpoint: str, told: _Body) -> CredentialsRefused:
    why = told.sentence("the credentials are not accepted")
    if "no Bitbucket scopes" in why:
        return CredentialsRefused(endpoint, why, "Create an API token with scopes, for the app Bitbucket.")
    step = "Check that the token was copied whole, has not expired, and is of the kind you named."
    return CredentialsRefused(endpoint, why, step)


def _texts(value: Any) -> list[str]:
    """A list of texts, from a list or from a single text; empty from anything else."""
    values = [value] if isinstance(value, str) else value
    return [str(each) for each in values] if isinstance(values, list) else []
