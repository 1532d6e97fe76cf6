"""Trailers: what the messages of commits say in a form that programs can read."""

from bitbucket_source.tables.contract import Table, bigint, place, text
from bitbucket_source.tables.git import COMMITS

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
        place("repository_uuid", "The repository (repositories.uuid)."),
        text("hash", "The commit (commits.hash)."),
        bigint("position", "Place among the trailers of the message, from 0."),
        text(
            "key",
            "What stands before the colon, as written; of a revert the words 'This reverts commit'.",
        ),
        text("value", "What stands behind it, lines that go on joined by a space; the hash of a reverted commit."),
    ),
)
