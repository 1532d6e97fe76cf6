"""What git holds: branches, tags, commits; and what the messages of commits say in a form that programs can read."""

from bitbucket_source.tables.contract import (
    OF_REPOSITORY,
    Table,
    account,
    bigint,
    json,
    of_parent,
    position,
    prose,
    text,
    timestamp,
)

BRANCHES = Table(
    name="branches",
    description="The branches of a repository and the commits they point at.",
    key=("repository_uuid", "name"),
    endpoint="/repositories/{workspace}/{repository_uuid}/refs/branches",
    scope="repository",
    new_when="listed whole when repositories.updated_on has moved, or when a pull request or a run names a new commit",
    costs="1 request per 100 branches of a repository that was pushed to",
    blind_to="merge strategies that were changed without a push",
    columns=(
        OF_REPOSITORY,
        text("name", "Name of the branch, without refs/heads/."),
        text("target.hash", "The commit the branch points at (commits.hash)."),
        timestamp("target.date", "Date of that commit, in whole seconds."),
        text("default_merge_strategy", "How a pull request into this branch is merged unless told otherwise."),
        json("merge_strategies", "List of the ways in which a pull request into this branch may be merged."),
    ),
)

TAGS = Table(
    name="tags",
    description="The tags of a repository and the commits they point at.",
    key=("repository_uuid", "name"),
    endpoint="/repositories/{workspace}/{repository_uuid}/refs/tags",
    scope="repository",
    new_when="listed whole together with the branches",
    costs="1 request per 100 tags of a repository that was pushed to",
    blind_to="a tagger whose account was made, mapped or deleted later (tagger_user_uuid)",
    accounts=("tagger.user",),
    columns=(
        OF_REPOSITORY,
        text("name", "Name of the tag, without refs/tags/."),
        text("target.hash", "The commit the tag points at (commits.hash)."),
        timestamp("target.date", "Date of that commit; a new tag may stand on an old commit."),
        timestamp("date", "When the tag was made; null for a lightweight tag."),
        prose("message", "Message of an annotated tag; null for a lightweight one."),
        prose("tagger.raw", "Name and e-mail of who made an annotated tag, as git has them."),
        text("tagger.user.uuid", "The account of that person (users.uuid), where the e-mail is mapped to one."),
    ),
)

_HASH = text("hash", "SHA-1 of the commit, 40 characters.")

COMMITS = Table(
    name="commits",
    description="The commits that the branches and tags of a repository reach.",
    key=("repository_uuid", "hash"),
    endpoint="/repositories/{workspace}/{repository_uuid}/commits",
    scope="repository",
    new_when="a branch or a tag points at a commit that is not stored: all it reaches and older heads do not is read",
    costs="1 request per 100 new commits; which were dropped is told by commit_parents, without a request",
    blind_to="an e-mail address that is mapped to an account later (author_user_uuid)",
    accounts=("author.user",),
    columns=(
        OF_REPOSITORY,
        _HASH,
        timestamp("date", "Date git has for the commit, in whole seconds; may lie long before the push."),
        prose("author.raw", "Name and e-mail of the author, as git has them."),
        account("author.user", "The account the author's e-mail is mapped to"),
        prose("message", "The whole message."),
    ),
)

COMMIT_PARENTS = Table(
    name="commit_parents",
    description="The edges of the commit graph: one row per parent of a commit, none for a root.",
    key=("repository_uuid", "hash", "position"),
    scope="repository",
    parent=COMMITS,
    within="parents",
    always_asked=True,
    new_when="together with its commit",
    costs="no request of its own",
    columns=(
        OF_REPOSITORY,
        of_parent(_HASH, "hash"),
        position("0 for the first parent (the branch merged into), 1 and up for the merged ones."),
        text("hash", "The parent (commits.hash).", name="parent_hash"),
    ),
)

COMMIT_TRAILERS = Table(
    name="commit_trailers",
    description=(
        "The `Key: value` lines at the end of a commit's message, as git interpret-trailers finds them, and each "
        '"This reverts commit <hash>" of its body.'
    ),
    key=("repository_uuid", "hash", "position"),
    scope="repository",
    parent=COMMITS,
    new_when="together with its commit",
    costs="no request of its own",
    columns=(
        OF_REPOSITORY,
        text("hash", "The commit (commits.hash)."),
        bigint("position", "Place among the trailers of the message, from 0."),
        text("key", "What stands before the colon, as written; of a revert the words 'This reverts commit'."),
        text("value", "What stands behind it, lines that go on joined by a space; the hash of a reverted commit."),
    ),
)
