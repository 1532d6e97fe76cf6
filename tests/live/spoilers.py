"""For each fact, what makes it untrue: an answer that Bitbucket would give if the fact were wrong."""

from __future__ import annotations

from typing import Any

from bitbucket_emulator import Fault

from .facts import FACTS

_OLD, _NEW, _NO_TIME = "2001-01-01T00:00:00+00:00", "2099-01-01T00:00:00+00:00", "yesterday"

# the lists that facts share, as paths and queries
_PULL_REQUESTS = ("/pullrequests$", "state=OPEN.*&pagelen=50$")
_AS_THE_CONNECTOR_ASKS = ("/pullrequests$", "sort=-updated_on")
_PLAIN = ("/pullrequests$", "no_such_field")
_PLUS = ("/pullrequests$", r"\+values")
_BY_TIME = ("/pullrequests$", 'q=updated_on>="20.*sort=updated_on')
_FEED = ("/pullrequests/activity$", "")
_OWN = (r"/pullrequests/\d+/activity$", "")
_COMMENTS = (r"/pullrequests/\d+/comments$", "^pagelen=100$")
_COMMITS = ("/commits$", "^pagelen=100$")
_BRANCHES = ("/refs/branches$", "^sort=name&pagelen=100$")
_AFTER_A_NAME = ("/refs/branches$", "name>")
_RUNS = ("/pipelines/$", "^sort=-created_on&pagelen=100$")
_STEPS = ("/steps/$", "pagelen=100")
_DEPLOYMENTS = ("/deployments/$", "^sort=-state.started_on&pagelen=100$")
_BY_COMPLETION = ("/deployments/$", "completed_on&pagelen")
_REPOSITORIES = ("^/repositories/acme$", "^sort=-updated_on")
_MEMBERS = ("/members$", "^pagelen=100$")

List = tuple[str, str]


def _says(of: List, field: str, value: Any) -> tuple[Fault, ...]:
    return (Fault(kind="poison", path=of[0], query=of[1], field=field, value=value),)


def _has(of: List, *rows: dict[str, Any]) -> tuple[Fault, ...]:
    return _says(of, "values", list(rows))


def _is_empty(path: str, query: str = "", nth: int | None = None) -> tuple[Fault, ...]:
    return (Fault(kind="empty_list", path=path, query=query, nth=nth),)


def _answers(status: int, path: str, query: str = "", **more: Any) -> tuple[Fault, ...]:
    body: dict[str, Any] | None = {"values": []} if status == 200 else None
    return (Fault(kind="status", status=status, path=path, query=query, body=body, **more),)


def _lacks(path: str, query: str = "^(sort=[a-z_.-]+&)?pagelen=(50|100)$") -> tuple[Fault, ...]:
    """Rows in which nothing is that tables take."""
    return _has((path, query), {"type": "another"})


SPOILERS: dict[str, tuple[Fault, ...]] = {
    # partial responses
    "fields-go-with-q-sort-and-the-longest-page": _says(_AS_THE_CONNECTOR_ASKS, "values.*.participants", None),
    "fields-are-honoured-by-pipelines": _says(("/pipelines/$", "pagelen=2"), "values.*.links", {}),
    "fields-name-the-status-of-a-deployment": _says(_BY_COMPLETION, "values.*.state.status", {}),
    "fields-give-the-environment-of-a-deployment": _says(_BY_COMPLETION, "values.*.environment.name", None),
    "fields-without-next-end-the-paging": (Fault(kind="next_itself", query=r"&fields=values\.id$"),),
    "fields-misspelt-are-silently-missing": _answers(400, *_PLAIN),
    "fields-that-are-plain-return-nothing-else": _says(_PLAIN, "values.*.title", "more"),
    "fields-with-a-plus-add": _has(_PLUS, {"title": "without participants", "state": "OPEN"}),
    "fields-with-a-minus-take-away": _says(_PLUS, "values.*.links", {}),
    "the-list-of-pull-requests-omits-participants": _says(_PULL_REQUESTS, "values.*.participants", []),
    # lists of pull requests
    "sort-with-several-states-answers": _answers(400, "/pullrequests$", "SUPERSEDED&sort="),
    "only-open-ones-are-listed-by-default": _says(("/pullrequests$", "^pagelen=50&f"), "values.*.state", "MERGED"),
    "several-states-are-joined": _says(("/pullrequests$", "^state=MERGED&state"), "values.*.state", "OPEN"),
    "q-gives-all-states-whatever-state-says": (Fault(kind="wrong_size", query="state=DECLINED&f", value=1),),
    "a-quoted-time-filters-to-the-microsecond": _says(_BY_TIME, "values.*.updated_on", _OLD),
    "a-time-without-quotes-filters-alike": _is_empty("/pullrequests$", "q=updated_on>=2"),
    "sorted-by-updated-on-they-ascend": _says(_BY_TIME, "values.0.updated_on", _NEW),
    "asked-again-from-the-last-row-the-list-goes-on": _is_empty(*_BY_TIME, nth=2),
    "windows-of-ids-hold-just-these": _says(("/pullrequests$", "q=id>=.*AND"), "values.*.id", 999_999),
    "participants-cannot-be-filtered-by": _answers(200, "/pullrequests$", "q=participants"),
    # pull requests; the newest, first in the list, is open
    "closed-on-of-closed-pull-requests": _says(_PULL_REQUESTS, "values.0.closed_on", _NEW),
    "commits-inside-pull-requests-have-twelve-digits": _says(_PULL_REQUESTS, "values.*.source.commit.hash", "a" * 40),
    "twelve-digits-find-the-commit-of-forty": _says(("/commit/", ""), "hash", "a" * 40),
    "only-merged-ones-have-a-merge-commit": _says(_PULL_REQUESTS, "values.0.closed_by", {"type": "user"}),
    "pull-requests-have-the-newer-fields": _has(_PULL_REQUESTS, {"id": 1, "state": "OPEN"}),
    "states-are-four": _says(_PULL_REQUESTS, "values.0.state", "PENDING"),
    "participants-have-role-and-state": _says(
        _AS_THE_CONNECTOR_ASKS, "values.*.participants", [{"role": "OWNER", "state": None, "approved": False}]
    ),
    "links-diffstat-is-served-at-once": _says(("/diffstat/", ""), "values.*.lines_added", None),
    "diffstat-of-a-pull-request-redirects": _answers(200, r"/pullrequests/\d+/diffstat$"),
    "links-diffstat-names-both-sides": _says(_AS_THE_CONNECTOR_ASKS, "values.*.links.diffstat.href", "a..b"),
    "commits-of-a-pull-request": _says((r"/pullrequests/\d+/commits$", ""), "size", 3),
    "a-merge-commit-is-not-among-the-commits": (
        *_says(_AS_THE_CONNECTOR_ASKS, "values.*.merge_commit", {"hash": "a" * 12}),
        *_says((r"/pullrequests/\d+/commits$", ""), "values.0.hash", "a" * 40),
    ),
    "build-statuses-have-key-and-state": _says(("/statuses$", ""), "values.*.state", "GREEN"),
    "tasks-have-no-type": _says(("/tasks$", ""), "values.*.type", "task"),
    # what moves updated_on
    "comments-move-a-pull-request": _says(_AS_THE_CONNECTOR_ASKS, "values.*.updated_on", _OLD),
    "approvals-move-a-pull-request": _says(_AS_THE_CONNECTOR_ASKS, "values.*.updated_on", _OLD),
    "merging-moves-a-pull-request": _says(_AS_THE_CONNECTOR_ASKS, "values.*.updated_on", _OLD),
    "a-push-moves-a-pull-request": _says(_AS_THE_CONNECTOR_ASKS, "values.*.updated_on", _OLD),
    "an-edit-of-the-title-moves-a-pull-request": _says(_AS_THE_CONNECTOR_ASKS, "values.*.updated_on", _OLD),
    "whether-another-destination-moves-a-pull-request": _says(_FEED, "values.*.update.date", _NO_TIME),
    "whether-tasks-move-a-pull-request": _says(("/tasks$", ""), "values.*.updated_on", _NO_TIME),
    "whether-build-statuses-move-a-pull-request": _says(("/statuses$", ""), "values.*.updated_on", _NO_TIME),
    "whether-edits-of-comments-move-a-pull-request": _says(_FEED, "values.*.comment.updated_on", _NO_TIME),
    "whether-resolving-a-comment-moves-a-pull-request": _says(
        _FEED, "values.*.comment.resolution.created_on", _NO_TIME
    ),
    # activity
    "kinds-of-activity": _says(_FEED, "values.0.task", {}),
    "the-reach-of-the-activity-of-a-repository": _says(_FEED, "values.*", {"update": {"date": _NO_TIME}}),
    "activity-comes-newest-first": _says(_FEED, "values.0", {"pull_request": {"id": 1}, "update": {"date": _OLD}}),
    "activity-of-a-pull-request-is-in-that-of-the-repository": _says(_OWN, "values.*.update.date", _OLD),
    "activity-ignores-q-and-sort": _is_empty("/activity$", "q=id=0"),
    "two-updates-at-creation": _says(_OWN, "values.*.update.state", "MERGED"),
    "merging-is-an-update": _says(_OWN, "values.*.update.changes", {}),
    "an-update-tells-state-and-commits": _says(_FEED, "values.*.update", {"state": "OPEN"}),
    "approvals-tell-date-and-account": _says(_FEED, "values.*.approval", {"date": _NEW}),
    # comments
    "the-type-of-comments": _says(_COMMENTS, "values.*.type", "note"),
    "comment-count-leaves-deleted-ones-out": _says(_COMMENTS, "values.0.deleted", True),
    "deleted-comments-stay": _says(_COMMENTS, "values.*.deleted", True),
    "comments-come-oldest-first": _says(_COMMENTS, "values.0.created_on", _NEW),
    "comments-honour-sort": _says((_COMMENTS[0], "sort=-created_on"), "values.0.created_on", _OLD),
    "comments-honour-q": _is_empty(_COMMENTS[0], "q=updated_on>"),
    "a-reply-names-its-parent": _says(_COMMENTS, "values.*.parent", {"id": 1}),
    "a-comment-on-a-line-has-its-place": _says(_COMMENTS, "values.*.inline", {"path": "a.py"}),
    "updated-on-of-a-comment-follows-its-creation": _says(_COMMENTS, "values.*.updated_on", _OLD),
    # git
    "commits-of-an-empty-repository": _answers(400, "/commits$", "^pagelen=1$"),
    "pages-of-commits-are-neither-numbered-nor-counted": _says(("/commits$", "^pagelen=2$"), "size", 5),
    "the-next-page-of-commits-goes-on": (Fault(kind="repeat_page", path="/commits$", query="pagelen=2"),),
    "commits-come-before-their-parents": (Fault(kind="repeat_row", path=_COMMITS[0], query=_COMMITS[1]),),
    "without-include-all-branches-are-listed": _says(_BRANCHES, "values.*.target.hash", "a" * 40),
    "include-and-exclude-bound-the-list": _is_empty("/commits$", "include=.*exclude="),
    "includes-and-excludes-are-united": _is_empty("/commits$", "include=.*include="),
    "an-unknown-commit-is-named-in-a-404": _answers(404, "/commits$", "pagelen=1&exclude="),
    "commits-have-forty-digits-and-parents": _says(_COMMITS, "values.0.hash", "a" * 12),
    "branches-are-sorted-with-their-numbers": _says(_BRANCHES, "values.0.name", "zulu"),
    "names-are-compared": _has(_AFTER_A_NAME, {"name": "elsewhere"}),
    "branches-after-a-name-are-the-rest": _has(_AFTER_A_NAME, {"name": "elsewhere"}),
    "a-date-filters-all-branches-away": _has(("/refs/branches$", "target.date>"), {"name": "main"}),
    "a-branch-with-a-slash-is-found": _answers(404, "/refs/branches/.+/.+"),
    "tags-without-annotation-have-no-date": _says(("/refs/tags$", ""), "values.*.date", None),
    "a-push-moves-the-repository": _says(_BRANCHES, "values.0.target.date", _NEW),
    # pipelines
    "next-of-pipelines": _says(("/pipelines/$", "pagelen=2"), "next", "https://api.example/2.0/pipelines?sort=uuid"),
    "a-last-slash-means-nothing": _answers(404, "/pipelines$"),
    "pipelines-where-they-were-never-enabled": _answers(400, "/pipelines/$", "^pagelen=1$"),
    "pipelines-come-oldest-first": _says(("/pipelines/$", "^pagelen=100&"), "values.0.created_on", _NEW),
    "pipelines-sorted-backwards-come-newest-first": _says(_RUNS, "values.0.created_on", _OLD),
    "pages-of-pipelines-by-number-go-on": _is_empty("/pipelines/$", "&page=2&"),
    "a-page-beyond-the-end-is-empty": _has(("/pipelines/$", "page=1000000"), {"type": "pipeline"}),
    "pipelines-ignore-q": _is_empty("/pipelines/$", "q=build_number"),
    "several-statuses-are-joined": _says(("/pipelines/$", "status=PASSED"), "values.*.state.result.name", "ERROR"),
    "open-pipelines-are-listed-by-status": _is_empty("/pipelines/$", "status=PARSING"),
    "an-unknown-status-has-no-rows": _has(("/pipelines/$", "NO_SUCH"), {"type": "pipeline"}),
    "pipelines-have-known-states": _says(_RUNS, "values.*.state.name", "DONE"),
    "completed-on-comes-at-the-end": _says(_RUNS, "values.0.updated_on", _NEW),
    "a-build-number-is-an-address": _says((r"/pipelines/\d+$", ""), "uuid", "{another}"),
    "an-unknown-pipeline-is-404": _answers(404, r"/pipelines/\{0000"),
    "targets-of-pipelines": _says(_RUNS, "values.0.target.type", "pipeline_moon_target"),
    "steps-come-all-at-once": _is_empty("/steps/$", "pagelen=1$"),
    "steps-have-state-trigger-and-run-number": _says(_STEPS, "values.*.run_number", None),
    "test-reports-of-steps": _answers(400, "/test_reports$"),
    "test-cases-of-steps": _says(("/test_cases$", ""), "values.*.status", "GREEN"),
    "schedules-of-pipelines": _answers(400, "/schedules$"),
    # deployments
    "deployments-are-sorted-by-two-times": _says(_BY_COMPLETION, "values.0.state.completed_on", _OLD),
    "deployments-cannot-be-sorted-by-created-on": _answers(200, "/deployments/$", "sort=created_on"),
    "where-deployments-without-a-start-land": _says(_DEPLOYMENTS, "values.3.state.started_on", None),
    "the-default-order-of-deployments": _says(("/deployments/$", "^pagelen=100"), "values.*.state.started_on", ""),
    "deployments-ignore-q": _is_empty("/deployments/$", "q=version"),
    "deployments-of-one-environment": _says(("/deployments/$", "^environment="), "values.0.environment.uuid", "{b}"),
    "deployments-have-known-states": _says(_DEPLOYMENTS, "values.0.state.name", "DONE"),
    "deployments-name-pipeline-step-and-commit": _says(_DEPLOYMENTS, "values.0.step", None),
    "a-redeploy-overwrites-the-deployment": (Fault(kind="repeat_row", path=_DEPLOYMENTS[0], query=_DEPLOYMENTS[1]),),
    "uuids-of-deployments-are-made-of-names": _says(
        _DEPLOYMENTS, "values.0.uuid", "{00000000-0000-4000-8000-000000000000}"
    ),
    "environments-have-type-and-rank": _says(("/environments/$", ""), "values.*.environment_type", {}),
    # repositories
    "repositories-go-on-after-a-uuid": _is_empty("^/repositories/acme$", "sort=uuid"),
    "repositories-are-filtered-and-sorted-by-updated-on": _is_empty("^/repositories/acme$", "q=updated_on"),
    "a-uuid-is-an-address": _answers(404, r"^/repositories/\{\}/"),
    "a-repository-that-is-not-there-is-404": _says(("00000000-0000-4000", ""), "error.message", "No."),
    "a-repository-nobody-pushed-to-has-no-main-branch": _has(("/refs/branches$", "^pagelen=1$"), {"name": "main"}),
    "repositories-have-what-the-table-takes": _says(_REPOSITORIES, "values.*.links.clone", []),
    # people
    "accounts-are-of-three-types": _says(_MEMBERS, "values.0.user.type", "robot"),
    "accounts-have-no-email": _says(_MEMBERS, "values.0.user.email", "ada@example.org"),
    "members-cannot-be-filtered-by-display-name": _answers(200, "/members$", "display_name"),
    "workspaces-of-the-account": _says(("^/user/workspaces$", ""), "values.*.workspace.name", "Acme"),
    "the-workspace-has-uuid-slug-and-name": (Fault(kind="bad_json", path="^/workspaces/acme$", body={"uuid": "{a}"}),),
    "projects-have-key-and-uuid": _says(("/projects$", ""), "values.*.key", "ELSE"),
    # the service
    "the-issue-tracker-is-gone": _answers(200, "/issues$"),
    "headers-that-tell-the-quota": _answers(200, *_REPOSITORIES, headers={"X-RateLimit-Limit": "many"}),
    "headers-that-tell-the-scopes": _answers(200, *_REPOSITORIES, headers={"X-Credential-Type": ""}),
    "the-date-of-an-answer": _answers(200, *_REPOSITORIES, headers={"Date": "soon"}),
    "an-unchanged-answer-is-304": _answers(200, "^/workspaces/acme$", nth=2),
    "repositories-was-removed": _answers(404, "^/repositories$"),
    "workspaces-was-removed": _answers(404, "^/workspaces$"),
    "user-permissions-repositories-was-removed": _answers(404, "^/user/permissions/repositories$"),
    "user-permissions-workspaces-was-removed": _answers(404, "^/user/permissions/workspaces$"),
    "unknown-credentials-are-401": _says(("^/user$", ""), "error.message", "No."),
    "times-of-pull-requests-and-repositories": _says(_PULL_REQUESTS, "values.0.created_on", "2024-09-06T12:46:04Z"),
    "times-of-webhooks": _says(("/hooks$", ""), "values.*.created_at", _NEW),
    "times-of-commits": _says(_COMMITS, "values.0.date", "2024-09-06T12:46:04.5+00:00"),
    "times-of-pipelines-and-deployments": _says(_RUNS, "values.0.created_on", _NEW),
    "an-address-that-does-not-exist-is-404": _answers(400, "/nobody-calls-it-so$"),
    # pages
    "pages-have-ten-rows-by-default": _says(("^/repositories/acme$", "^fields=pagelen"), "pagelen", 30),
    "next-is-an-absolute-address-of-the-next-rows": (
        Fault(kind="next_elsewhere", path="/pullrequests$", query="pagelen=1&fields=values.id,next,page"),
    ),
    "next-keeps-the-parameters": _has(("/pullrequests$", "&page=2"), {"id": 1, "title": "a field more"}),
    "the-last-page-has-no-next": (Fault(kind="next_itself", path="/projects$"),),
    "most-lists-are-numbered-and-counted": (
        Fault(kind="bad_json", path=_BRANCHES[0], query=_BRANCHES[1], body={"values": [], "pagelen": 100}),
    ),
    "a-diffstat-has-five-hundred-rows-by-default": _says(("/diffstat/", ""), "pagelen", 100),
    "commits-of-a-pull-request-have-no-page-one": _answers(200, "/commits$", "^page=1$"),
    "an-address-of-four-kilobytes-is-served": _answers(400, "/commits$", "(&exclude=[0-9a-f]{40}){9}"),
    # columns
    "columns-of-workspaces": (Fault(kind="bad_json", path="^/workspaces/acme$", body={"uuid": "{a}"}),),
    "columns-of-projects": _lacks("/projects$"),
    "columns-of-workspace-members": _has(_MEMBERS, {"user": {"type": "user"}}),
    "columns-of-users": _has(_MEMBERS, {"user": {}}) + _says(_PULL_REQUESTS, "values.*.author", {"type": "user"}),
    "columns-of-repositories": _has(_REPOSITORIES, {"uuid": "{a}", "links": {}}),
    "columns-of-branches": _lacks("/refs/branches$"),
    "columns-of-tags": _lacks("/refs/tags$"),
    "columns-of-commits": _lacks("/commits$"),
    "columns-of-pull-requests": _has(_PULL_REQUESTS, {"id": 1}),
    "columns-of-pull-request-participants": _says(_AS_THE_CONNECTOR_ASKS, "values.*.participants", [{"user": {}}]),
    "columns-of-pull-request-activity": _says(_FEED, "values.*.update", {"date": _NEW}),
    "columns-of-pull-request-comments": _lacks(_COMMENTS[0]),
    "columns-of-pull-request-commits": _lacks(r"/pullrequests/\d+/commits$"),
    "columns-of-pull-request-files": _lacks("/diffstat/", ""),
    "columns-of-pull-request-tasks": _lacks("/tasks$"),
    "columns-of-pipelines": _says(_RUNS, "values.*.trigger", {"kind": "push"}),
    "columns-of-pipeline-steps": _says(_STEPS, "values.*.image", {"username": "nobody"}),
    "columns-of-pipeline-test-reports": (Fault(kind="bad_json", path="/test_reports$", body={"tests": 3}),),
    "columns-of-pipeline-test-cases": _lacks("/test_cases$"),
    "columns-of-pipeline-schedules": _lacks("/schedules$"),
    "columns-of-environments": _lacks("/environments/$"),
    "columns-of-deployments": _says(_DEPLOYMENTS, "values.*.release.pipeline", {"type": "pipeline"}),
    "columns-of-commit-statuses": _lacks("/statuses$"),
    "columns-of-default-reviewers": _lacks("/default-reviewers$"),
    "columns-of-branch-restrictions": _lacks("/branch-restrictions$"),
    "columns-of-webhooks": _lacks("/hooks$"),
    "columns-of-downloads": _lacks("/downloads$"),
} | {
    fact.name: _answers(200, "", "pagelen=(51|101)$")  # more than the longest page is not refused
    for fact in FACTS
    if fact.name.startswith("longest-page-of-")
}
