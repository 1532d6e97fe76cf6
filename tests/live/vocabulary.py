"""The words that are Bitbucket's own and nobody's: what a recording may keep."""

from __future__ import annotations

import re

# what the facts themselves ask for, the same in every workspace, and which no workspace has
LONG_AGO = "2008-01-01T00:00:00+00:00"
NO_UUID = "{00000000-0000-4000-8000-000000000000}"
NO_HASH = "0123456789" * 4
NO_NAME = "nobody-calls-it-so"
OURS = frozenset({LONG_AGO, NO_UUID, NO_HASH, NO_NAME})

# objects whose keys are chosen by people
FREE_KEYS = frozenset({"labels", "properties", "variables"})
_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,39}")

# what stands under these keys is one of a few words, whatever is around them
_ENUMERATED = {
    "type": re.compile(r"[A-Za-z_-]{1,60}"),
    "state": re.compile(r"[A-Z_]{1,20}|approved|changes_requested"),
    "role": re.compile(r"REVIEWER|PARTICIPANT"),
    "status": re.compile(r"[A-Z_]{1,20}|added|removed|modified|renamed|merge conflict|(local|remote) deleted"),
    "scm": re.compile(r"git"),
    "fork_policy": re.compile(r"allow_forks|no_public_forks|no_forks"),
    "forking_mode": re.compile(r"allow_forks|only_allow_forks_in_workspace|internal_only"),
    "permission": re.compile(r"owner|collaborator|member|read|write|admin|create-repo"),
    "markup": re.compile(r"markdown|creole|plaintext"),
    "ref_type": re.compile(r"branch|tag|named_branch|annotated_tag|bookmark"),
    "commandType": re.compile(r"user|system"),
    "account_status": re.compile(r"active|inactive|closed"),
    "kind": re.compile(r"[a-z_]{1,60}"),
    "branch_match_kind": re.compile(r"glob|branching_model"),
    "branch_type": re.compile(r"[a-z_]{1,30}"),
    "events": re.compile(r"[a-z_]+:[a-z_]+"),
    "merge_strategies": re.compile(r"[a-z_]{1,30}"),
    "sync_strategies": re.compile(r"[a-z_]{1,30}"),
    "default_merge_strategy": re.compile(r"[a-z_]{1,30}"),
    "cron_pattern": re.compile(r"[\d A-Z*?/,#-]{1,60}"),
    "duration": re.compile(r"\d+(\.\d+)?"),
    "required": re.compile(r"[a-z:]{1,60}"),
    "granted": re.compile(r"[a-z:]{1,60}"),
}
# a name is somebody's nearly everywhere
_NAMES = {
    "state": re.compile(r"[A-Z_]{1,20}"),
    "stage": re.compile(r"[A-Z_]{1,20}"),
    "result": re.compile(r"[A-Z_]{1,20}"),
    "status": re.compile(r"[A-Z_]{1,20}"),
    "trigger": re.compile(r"PUSH|MANUAL|SCHEDULED|PARENT_STEP"),
    "environment_type": re.compile(r"Test|Staging|Production"),
    "category": re.compile(r"Test|Staging|Production"),
    "lock": re.compile(r"OPEN|LOCKED"),
    "clone": re.compile(r"https|ssh"),
}
_CHANGED = re.compile(r"open|fulfilled|rejected")

# whole sentences: where one has more in it, that may be a name
_TEXTS = frozenset(
    (
        "Invalid pagelen", "Invalid page", "Commit not found", "Changeset not found.", "Not found", "Not Found",
        "Bad request", "Resource not found", "Invalid sort attribute", "Invalid query",
        "Token is invalid, expired, or not supported for this endpoint.",
        "API Token provided has no Bitbucket scopes",
        "CHANGE-2770 - Functionality has been deprecated",
        "Please read the changelog entry for more details.",
        "Your credentials lack one or more required privilege scopes.",
        "This resource does not support authentication using the provided token",
        "Rate limit for this resource has been exceeded",
        "Repository has no issue tracker.",
        "No common ancestor",
        "You may not have access to this repository or it no longer exists in this workspace. If you think this "
        "repository exists and you have access, make sure you are authenticated.",
        "There is no API hosted at this URL.\n\nFor information about our API's, please refer to the "
        "documentation at: https://developer.atlassian.com/bitbucket/api/2/reference/",
    )
)  # fmt: skip
_NOT_SUPPORTED = re.compile(r'Field "\.[a-z_.]+" does not support (filtering|sorting)')

SEGMENTS = frozenset(
    (
        "", "{}", "2.0", "activity", "approve", "branch-restrictions", "branches", "comments", "commit", "commits",
        "decline", "default-reviewers", "deployments", "diff", "diffstat", "downloads", "effective-default-reviewers",
        "environments", "forks", "hooks", "issues", "log", "members", "merge", "patch", "permission", "permissions",
        "pipelines", "pipelines_config", "projects", "pullrequests", "refs", "repositories", "request-changes",
        "schedules", "src", "statuses", "steps", "tags", "tasks", "test_cases", "test_reports", "user", "users",
        "watchers", "workspaces",
    )
)  # fmt: skip

_FIELDS = re.compile(r"[+-]?[a-z0-9_*.]+(,[+-]?[a-z0-9_*.]+)*")
_NUMBER = re.compile(r"\d{1,9}")
_STATE = re.compile(r"[A-Z_]{1,30}")
PARAMETERS: dict[str, re.Pattern[str]] = {
    "pagelen": _NUMBER, "page": _NUMBER, "from_pullrequest_id": _NUMBER, "fields": _FIELDS, "sort": _FIELDS,
    "state": _STATE, "status": _STATE, "topic": re.compile("true|false"),
    # these are kept, but nothing that they say
    "q": re.compile(""), "include": re.compile(""), "exclude": re.compile(""), "ctx": re.compile(""),
    "environment": re.compile(""),
}  # fmt: skip

FILTER = re.compile(r"(AND|OR|true|false|null|id|uuid|[a-z_]+(\.[a-z_]+)+|[a-z]+_on|name|version|build_number|state"
                    r"|deleted|title|\d{1,9}|\d{4}-\d\d-\d\dT[0-9:.+Z-]+|[!=<>~()]+|\s)*")  # fmt: skip

HEADERS = frozenset(
    (
        "content-type", "vary", "cache-control", "retry-after",
        "x-oauth-scopes", "x-accepted-oauth-scopes", "x-credential-type",
    )
)  # fmt: skip


def is_key(key: str) -> bool:
    """Whether a key of an object may be a field of Bitbucket's."""
    return bool(_KEY.fullmatch(key))


def is_known_text(text: str) -> bool:
    """Whether a text is one of Bitbucket's messages that name nobody."""
    return text in _TEXTS or bool(_NOT_SUPPORTED.fullmatch(text))


def is_kept(path: tuple[str, ...], value: str) -> bool:
    """Whether a text at a path of keys is one of a few words that stand there."""
    name, parent = path[-1] if path else "", path[-2] if len(path) > 1 else ""
    if name in ("message", "detail") and parent == "error":
        return is_known_text(value)
    if name in ("old", "new"):
        return path[-3:-1] == ("changes", "status") and bool(_CHANGED.fullmatch(value))
    form = _NAMES.get(parent) if name == "name" else _ENUMERATED.get(name)
    return form is not None and bool(form.fullmatch(value))
