"""What can go wrong when Bitbucket is asked.

BitbucketError                what failed, why, what to do next
├── CredentialsRefused        401: nothing can be read
├── AccessDenied              403: this list cannot be read
│   └── ScopeMissing          403 that names the scopes it takes
├── NotFound                  404, with the hashes a commit listing could not resolve
├── Gone                      410: Bitbucket removed the endpoint
├── BadRequest                400 and other 4xx
├── RateLimited               429 for longer than the client waits
├── ServerTrouble             5xx, broken connections, HTML or broken JSON, after all retries
└── UnsafeLink                a `next` or a redirect that must not be followed
Stopped                       no error: the budget or the time ended, or the user asked to stop
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


class BitbucketError(Exception):
    """Something could not be read. `str()` is a sentence for people; `endpoint` the path that was asked."""

    status: int | None = None

    def __init__(self, endpoint: str, why: str, next_step: str = "") -> None:
        self.endpoint = endpoint
        self.why = why
        self.next_step = next_step
        status = f"{self.status} " if self.status else ""
        super().__init__(f"{status}on {endpoint}: {why}" + (f" {next_step}" if next_step else ""))


class CredentialsRefused(BitbucketError):
    """401: the credentials are wrong, expired or revoked."""

    status = 401


class AccessDenied(BitbucketError):
    """403: the credentials may not read this."""

    status = 403


class ScopeMissing(AccessDenied):
    """403 with the scopes the endpoint takes (`required`) and those the credentials have (`granted`)."""

    def __init__(self, endpoint: str, required: list[str], granted: list[str]) -> None:
        self.required = required
        self.granted = granted
        super().__init__(
            endpoint,
            f"the credentials lack the scope {' or '.join(required)} (they have: {', '.join(granted) or 'none'}).",
            "Create them again with that scope, or leave the table out with --tables.",
        )


class NotFound(BitbucketError):
    """404: not there, or not visible. `unresolved` are the hashes a commit listing could not resolve."""

    status = 404

    def __init__(self, endpoint: str, why: str, next_step: str = "", unresolved: tuple[str, ...] = ()) -> None:
        self.unresolved = unresolved
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

    def __init__(self, endpoint: str, status: int | None, why: str, tries: int) -> None:
        self.status = status
        tried = f" ({tries} tries)" if tries > 1 else ""
        super().__init__(endpoint, f"{why}{tried}.", "The next sync goes on from where this list stood.")


class UnsafeLink(BitbucketError):
    """The answer points to another host, or in a circle."""


class Stopped(Exception):
    """The budget or the time ended, or the user asked to stop. `str()` says which."""


@dataclass(frozen=True)
class _Body:
    """The parts of an error's JSON body. Bitbucket puts an object into `detail` for scopes, else a text (FACTS 8)."""

    message: str
    detail: Any
    data: dict[str, Any]

    @classmethod
    def read(cls, body: Any) -> _Body:
        error = body.get("error") if isinstance(body, dict) else None
        if not isinstance(error, dict):
            return cls("", None, {})
        data = error.get("data")
        return cls(str(error.get("message") or ""), error.get("detail"), data if isinstance(data, dict) else {})

    @property
    def sentence(self) -> str:
        text = f"{self.message.rstrip('.')}: {self.detail}" if isinstance(self.detail, str) else self.message
        return text.split("\n")[0].strip()


def error_of_answer(endpoint: str, status: int, body: Any) -> BitbucketError:
    """The error a 4xx answer stands for; `body` is its decoded JSON, or None where it had none."""
    told = _Body.read(body)
    match status:
        case 401:
            return CredentialsRefused(
                endpoint,
                told.sentence or "the credentials are not accepted.",
                "Check that the token was copied whole, has not expired, and is of the kind you named.",
            )
        case 403 if isinstance(told.detail, dict) and "required" in told.detail:
            return ScopeMissing(
                endpoint, list(told.detail.get("required") or []), list(told.detail.get("granted") or [])
            )
        case 403:
            return AccessDenied(endpoint, told.sentence or "access is denied.", "Ask an administrator for read access.")
        case 404:
            shas = told.data.get("shas")
            return NotFound(
                endpoint,
                told.sentence or "not found.",
                "Check the spelling; a repository these credentials may not see looks the same.",
                tuple(str(sha) for sha in shas) if isinstance(shas, list) else (),
            )
        case 410:
            return Gone(endpoint, told.sentence or "Bitbucket removed this endpoint.", "Update bitbucket-source.")
        case _:
            return BadRequest(endpoint, status, told.sentence or "Bitbucket refuses the request.")
