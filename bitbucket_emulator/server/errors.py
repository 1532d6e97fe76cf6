"""The errors that Bitbucket answers with, word for word where they were recorded (errors.json)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

JSON = "application/json; charset=utf-8"
TEXT = "text/plain"
HTML = "text/html; charset=utf-8"

_CHANGELOG = "https://developer.atlassian.com/cloud/bitbucket/changelog#CHANGE-2770"


class ApiError(Exception):
    """An answer that is not 2xx.

    Attributes:
        status: the HTTP status.
        body: a JSON object, or text to be sent as it is.
        content_type: of the body.
        headers: more headers.
    """

    def __init__(
        self,
        status: int,
        body: Mapping[str, Any] | str,
        content_type: str = JSON,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(status, body)
        self.status = status
        self.body = body
        self.content_type = content_type
        self.headers = dict(headers or {})


def error(status: int, message: str, **more: Any) -> ApiError:
    """The ordinary envelope; `more` goes beside the message (`detail`, `data`)."""
    return ApiError(status, {"type": "error", "error": {"message": message, **more}})


def invalid_pagelen() -> ApiError:
    """A pagelen above the collection's maximum is refused, not clamped (FACTS 1)."""
    return error(400, "Invalid pagelen")


def invalid_page() -> ApiError:
    """A page that is no number, or no token where tokens are used (FACTS 3: pull request commits)."""
    return error(400, "Invalid page")


def not_filterable(field: str) -> ApiError:
    """A field outside the collection's list was named in `q`."""
    return error(400, f'Field ".{field}" does not support filtering')


def not_sortable(field: str) -> ApiError:
    """A field outside the collection's list was named in `sort` (by analogy; no recording)."""
    return error(400, f'Field ".{field}" does not support sorting')


def invalid_query(detail: str) -> ApiError:
    """`q` is not BBQL (the status is documented, the text is not recorded)."""
    return error(400, "Invalid query", detail=detail)


def no_such_api() -> ApiError:
    """Nothing is served at this path."""
    return error(
        404,
        "Resource not found",
        detail="There is no API hosted at this URL.\n\nFor information about our API's, please refer to the "
        "documentation at: https://developer.atlassian.com/bitbucket/api/2/reference/",
    )


def line_too_long(length: int, longest: int) -> ApiError:
    """A URL that does not fit: HTML, from the server in front (errors.json)."""
    page = (
        "<html>\n  <head>\n    <title>Bad Request</title>\n  </head>\n  <body>\n    <h1><p>Bad Request</p></h1>\n"
        f"    Request Line is too large ({length} &gt; {longest})\n  </body>\n</html>"
    )
    return ApiError(400, page, HTML)


def removed() -> ApiError:
    """The cross-workspace endpoints that CHANGE-2770 took away in April 2026 (FACTS 9)."""
    data = {"announcement_url": _CHANGELOG}
    body = {
        "type": "error",
        "error": {
            "message": "CHANGE-2770 - Functionality has been deprecated",
            "detail": "Please read the changelog entry for more details.",
            "data": data,
        },
        "data": data,
    }
    return ApiError(410, body)


def no_repository() -> ApiError:
    """The repository does not exist, or these credentials may not see it."""
    return error(
        404,
        "You may not have access to this repository or it no longer exists in this workspace. If you think this "
        "repository exists and you have access, make sure you are authenticated.",
    )


def no_repository_page() -> ApiError:
    """The same for `commits/{revision}`: a page of HTML (FACTS 8, errors.json)."""
    text = "The repository does not exist, or you do not have access to it."
    page = (
        f"<!DOCTYPE html>\n<html>\n  <head><title>Bitbucket</title></head>\n  <body><h1>{text}</h1></body>\n</html>\n"
    )
    return ApiError(404, page, HTML)


def forbidden_repository() -> ApiError:
    """Listed, but its children are refused (FACTS 10: "a repository can be listed yet 403/404 on children")."""
    return error(403, "You do not have access to this repository.")


def no_workspace(slug: str) -> ApiError:
    """The workspace does not exist, or these credentials may not see it."""
    return error(404, f"No workspace with identifier '{slug}'.")


def not_found(what: str) -> ApiError:
    """Some object below a repository or workspace does not exist."""
    return error(404, what)


def no_commit(shas: Sequence[str]) -> ApiError:
    """Revisions that do not resolve; real answers name only some of them (errors.json)."""
    data = {"shas": list(shas)}
    return ApiError(404, {"type": "error", "error": {"message": "Commit not found", "data": data}, "data": data})


def no_changeset() -> ApiError:
    """`/commit/{hash}` of a commit that is not there."""
    return error(404, "Changeset not found.")


def no_pull_request() -> ApiError:
    """Plain text, as recorded."""
    return ApiError(404, "Not Found", TEXT)


def pipelines_not_found(detail: str) -> ApiError:
    """The pipelines service puts its text into `detail` (FACTS 5)."""
    return ApiError(404, {"error": {"message": "Not found", "detail": detail}})


def invalid_sort() -> ApiError:
    """Deployments sorted by what they cannot be sorted by (FACTS 2)."""
    return error(400, "Bad request", detail="Invalid sort attribute")


def token_invalid() -> ApiError:
    """Unknown, expired or revoked credentials."""
    return error(401, "Token is invalid, expired, or not supported for this endpoint.")


def no_bitbucket_scopes() -> ApiError:
    """An API token that was made without any Bitbucket scope."""
    return error(401, "API Token provided has no Bitbucket scopes")


def missing_scope(required: Sequence[str], granted: Sequence[str]) -> ApiError:
    """The only error whose `detail` is an object (errors.json)."""
    return error(
        403,
        "Your credentials lack one or more required privilege scopes.",
        detail={"required": list(required), "granted": list(granted)},
    )


def credential_refused() -> ApiError:
    """The endpoint does not take this kind of credential."""
    return error(403, "This resource does not support authentication using the provided token")


def admin_required() -> ApiError:
    """The account's own permission is too low (status documented, text not recorded)."""
    return error(403, "You do not have the required permission to access this resource.")


def no_common_ancestor() -> ApiError:
    """A diff of unrelated histories (FACTS 3)."""
    return error(400, "No common ancestor")


def rate_limited(headers: Mapping[str, str] | None = None) -> ApiError:
    """429 as recorded: plain text of 46 bytes, without Retry-After unless one is given (FACTS 7)."""
    return ApiError(429, "Rate limit for this resource has been exceeded", TEXT, headers)
