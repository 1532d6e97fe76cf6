"""Pull requests and who takes part in them."""

from bitbucket_source.tables.contract import (
    Table,
    account,
    bigint,
    boolean,
    of_parent,
    or_empty,
    place,
    prose,
    text,
    timestamp,
)

PULLED_INTO = place("repository_uuid", "The repository pulled into (repositories.uuid).")
_ID = bigint("id", "Number of the pull request in its repository.")

PULL_REQUESTS = Table(
    name="pull_requests",
    description="Pull requests of every state.",
    key=("repository_uuid", "id"),
    endpoint="/repositories/{workspace}/{repository_uuid}/pullrequests",
    scope="pullrequest",
    pagelen=50,
    cursor="updated_on",
    new_when="updated_on has moved (a query from five minutes before the last value seen)",
    costs="1 request a sync and repository, 1 more per 50 that moved",
    blind_to="task_count, another destination, a deleted account or branch where Bitbucket does not move updated_on; "
    "html_url after the repository was renamed",
    accounts=("author", "closed_by"),
    also_asked=("links.diffstat.href",),
    columns=(
        PULLED_INTO,
        _ID,
        prose("title", "Title."),
        prose("description", "Text of the pull request, as typed."),
        text("state", "OPEN, MERGED, DECLINED or SUPERSEDED."),
        boolean("draft", "Whether it is a draft now; null in answers older than drafts."),
        boolean("queued", "Whether it waits in a merge queue; null in answers older than merge queues."),
        prose("reason", "Why it was declined; '' where nobody said."),
        account("author", "Who opened it"),
        text("author.type", "user or app_user (an access token: a bot)."),
        text("source.branch.name", "The branch to be merged."),
        text("source.commit.hash", "Head of the source branch, 12 characters; null where it is gone."),
        text("source.repository.uuid", "The repository it comes from: another one for forks; null where it is gone."),
        text("destination.branch.name", "The branch merged into."),
        text("destination.commit.hash", "Head of the destination, 12 characters; null where it is gone."),
        text("merge_commit.hash", "The commit that the merge made, 12 characters; null until merged."),
        boolean("close_source_branch", "Whether merging deletes the source branch."),
        account("closed_by", "Who merged or declined it"),
        bigint("comment_count", "Comments that are not deleted."),
        bigint("task_count", "Open tasks."),
        timestamp("created_on", "When it was opened."),
        timestamp("updated_on", "Moves with pushes, comments, approvals, state and draft changes."),
        timestamp("closed_on", "When it was merged or declined; not in every answer of Bitbucket."),
        text("links.html.href", "The pull request's page.", name="html_url"),
    ),
)

PULL_REQUEST_PARTICIPANTS = Table(
    name="pull_request_participants",
    description="Who reviews or took part in a pull request, and with which verdict.",
    key=("repository_uuid", "pull_request_id", "user_uuid"),
    scope="pullrequest",
    parent=PULL_REQUESTS,
    within="participants",
    always_asked=True,
    new_when="together with its pull request, the set replaced",
    costs="no request of its own",
    blind_to="an account that was deleted",
    accounts=("user",),
    columns=(
        PULLED_INTO,
        of_parent(_ID, "pull_request_id"),
        or_empty(text("user.uuid", "The participant (users.uuid); '' where the account is gone.")),
        text("role", "REVIEWER (was asked) or PARTICIPANT (came by)."),
        boolean("approved", "Whether the participant approves now."),
        text("state", "approved, changes_requested or null."),
        timestamp("participated_on", "Of an approval its time, else of the last comment; moves back when withdrawn."),
    ),
)
