"""What is said and done below a pull request: activity, comments, commits, files, tasks."""

from bitbucket_source.tables.contract import (
    Table,
    Type,
    account,
    bigint,
    boolean,
    made,
    of_parent,
    or_empty,
    place,
    position,
    prose,
    text,
    timestamp,
)
from bitbucket_source.tables.pull_requests import PULL_REQUESTS, PULLED_INTO

_PULL_REQUEST = place("pull_request_id", "The pull request (pull_requests.id).", Type.BIGINT)
_LIST = "/repositories/{workspace}/{repository_uuid}/pullrequests/{pull_request_id}"

_OF_ACTIVITY = bigint("pull_request.id", "The pull request (pull_requests.id).", name="pull_request_id")
_ACTIVITY_ID = made(
    Type.TEXT,
    "activity_id",
    "`comment:<id of the comment>`, else `<kind>:<date in microseconds since 1970>`; where that is equal within a pull "
    "request, the second in the order of the feed (newest first) ends in `:2`, and so on.",
)

PULL_REQUEST_ACTIVITY = Table(
    name="pull_request_activity",
    description="What happened to a pull request: opened, pushed to, approved, commented, merged and the like.",
    key=("repository_uuid", "pull_request_id", "activity_id"),
    endpoint=f"{_LIST}/activity",
    scope="pullrequest",
    pagelen=50,
    askable=False,
    asked_whole=True,
    parent=PULL_REQUESTS,
    new_when="its pull request has moved: the feed of the repository is read down to what is known, and the whole list "
    "of a pull request whose verdicts are not those of its participants",
    costs="1 request per sync and repository where a pull request moved, 1 more per 50 events; first 1 request per 50 "
    "events, and 1 per pull request of which the feed does not tell everything",
    blind_to="an account that was deleted; a verdict that somebody took back and gave again, both in one instant",
    columns=(
        PULLED_INTO,
        _OF_ACTIVITY,
        _ACTIVITY_ID,
        made(
            Type.TEXT,
            "kind",
            "update (opened, edited, pushed to, merged, declined), comment, approval, changes_requested, or whatever "
            "else Bitbucket calls it; '' where it sent nothing but the pull request.",
        ),
        made(Type.TIMESTAMP, "date", "When it happened; of a comment when it was written."),
        made(Type.TEXT, "user_uuid", "Who did it: an account of users; null where the account is gone."),
        text("update.state", "Of an update: state of the pull request from then on."),
        boolean("update.draft", "Of an update: whether it was a draft from then on; null in older ones."),
        text(
            "update.source.commit.hash",
            "Of an update: head of the source branch then, 12 characters.",
            name="source_commit_hash",
        ),
        text(
            "update.destination.branch.name",
            "Of an update: the branch to be merged into then.",
            name="destination_branch_name",
        ),
        bigint("comment.id", "Of a comment: which one (pull_request_comments.id)."),
    ),
)

PULL_REQUEST_ACTIVITY_REVIEWERS = Table(
    name="pull_request_activity_reviewers",
    description="Who was asked to review, as each update of a pull request tells it.",
    key=("repository_uuid", "pull_request_id", "activity_id", "user_uuid"),
    scope="pullrequest",
    parent=PULL_REQUEST_ACTIVITY,
    within="update.reviewers",
    new_when="together with the update",
    costs="no request of its own",
    blind_to="an account that was deleted",
    columns=(
        PULLED_INTO,
        of_parent(_OF_ACTIVITY, "pull_request_id"),
        of_parent(_ACTIVITY_ID, "activity_id"),
        or_empty(text("uuid", "The reviewer: an account of users; '' where it is gone.", name="user_uuid")),
    ),
)

PULL_REQUEST_COMMENTS = Table(
    name="pull_request_comments",
    description="Comments of pull requests. Bitbucket keeps a deleted one, emptied: `deleted` is true then.",
    key=("repository_uuid", "pull_request_id", "id"),
    endpoint=f"{_LIST}/comments",
    scope="pullrequest",
    parent=PULL_REQUESTS,
    new_when="its pull request has moved: all its comments are listed",
    costs="1 request per 100 comments of a pull request that moved and has or had some; first none, but for pull "
    "requests of which the feed does not tell all comments",
    blind_to="a comment that was edited or resolved, or became outdated, where Bitbucket does not move the pull "
    "request; a deleted account; html_url after the repository was renamed",
    accounts=("user", "resolution.user"),
    columns=(
        PULLED_INTO,
        _PULL_REQUEST,
        bigint("id", "Number of the comment."),
        account("user", "Who wrote it"),
        prose("content.raw", "The text as typed; '' of a deleted comment."),
        timestamp("created_on", "When it was written."),
        timestamp("updated_on", "When it was edited last; deleting does not move it."),
        boolean("deleted", "Whether it was deleted."),
        boolean("pending", "Whether it is part of a review that was not published yet."),
        bigint("parent.id", "The comment it answers (pull_request_comments.id)."),
        text("inline.path", "The file it stands at; null for one on the whole pull request."),
        bigint("inline.from", "The line in the old file; null for an added line."),
        bigint("inline.to", "The line in the new file; null for a removed line."),
        boolean("inline.outdated", "Whether the file has changed since at that place."),
        account("resolution.user", "Who resolved the thread"),
        timestamp("resolution.created_on", "When the thread was resolved; null while it is open."),
        text("links.html.href", "The comment's place in the pull request's page.", name="html_url"),
    ),
)

PULL_REQUEST_COMMITS = Table(
    name="pull_request_commits",
    description="The commits a pull request brings, without the one that merging it made; after a squash this is the "
    "only place that has them.",
    key=("repository_uuid", "pull_request_id", "hash"),
    endpoint=f"{_LIST}/commits",
    scope="pullrequest",
    askable=False,
    parent=PULL_REQUESTS,
    new_when="source, destination or state of the pull request have changed",
    costs="1 request per 100 commits of such a pull request; none where its commits are stored",
    blind_to="an e-mail address that is mapped to an account later (author_user_uuid)",
    accounts=("author.user",),
    columns=(
        PULLED_INTO,
        _PULL_REQUEST,
        text("hash", "SHA-1 of the commit, 40 characters (commits.hash, where a branch reaches it)."),
        position("Its place in the pull request, from 0: newest date first, of one date by hash."),
        timestamp("date", "Date git has for the commit, in whole seconds."),
        prose("author.raw", "Name and e-mail of the author, as git has them."),
        account("author.user", "The account the author's e-mail is mapped to"),
        bigint("parents[#]", "How many parents it has: 2 and up are merges.", name="parent_count"),
    ),
)

PULL_REQUEST_FILES = Table(
    name="pull_request_files",
    description="The files a pull request changes, against the point where its source left the destination.",
    key=("repository_uuid", "pull_request_id", "path"),
    endpoint=f"{_LIST}/diffstat",
    scope="pullrequest",
    pagelen=500,
    askable=False,
    parent=PULL_REQUESTS,
    also_asked=("new.path",),
    new_when="source, destination or state of the pull request have changed",
    costs="1 request per 500 files of such a pull request",
    columns=(
        PULLED_INTO,
        _PULL_REQUEST,
        made(Type.TEXT, "path", "Where the file is; of a removed one where it was."),
        text("old.path", "Where the file was before; null for an added one."),
        text("status", "added, removed, modified, renamed, merge conflict and the like."),
        bigint("lines_added", "Lines added."),
        bigint("lines_removed", "Lines removed."),
    ),
)

PULL_REQUEST_TASKS = Table(
    name="pull_request_tasks",
    description="Tasks of pull requests.",
    key=("repository_uuid", "pull_request_id", "id"),
    endpoint=f"{_LIST}/tasks",
    scope="pullrequest",
    default=False,
    parent=PULL_REQUESTS,
    new_when="its pull request has moved: all its tasks are listed",
    costs="1 request per 100 tasks of each pull request that moved",
    blind_to="a task that was made, changed or resolved where Bitbucket does not move the pull request; a deleted "
    "account",
    accounts=("creator", "resolved_by"),
    columns=(
        PULLED_INTO,
        _PULL_REQUEST,
        bigint("id", "Number of the task."),
        text("state", "UNRESOLVED or RESOLVED."),
        prose("content.raw", "The text as typed."),
        account("creator", "Who wrote it"),
        bigint("comment.id", "The comment it hangs on (pull_request_comments.id)."),
        boolean("pending", "Whether it is part of a review that was not published yet."),
        account("resolved_by", "Who ticked it off"),
        timestamp("resolved_on", "When it was ticked off; null while it is open."),
        timestamp("created_on", "When it was written."),
        timestamp("updated_on", "When it was changed last."),
    ),
)
