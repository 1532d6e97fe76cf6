"""`bitbucket-source forget`: take a person out of the warehouse, for good."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING

import click

from bitbucket_source.commands.options import warehouse, warehouse_options
from bitbucket_source.commands.readable_errors import readable_errors

if TYPE_CHECKING:
    from bitbucket_source.load.forgetting import Forgotten


@click.command(short_help="Take a person out of the warehouse, and keep it so.")
@click.argument("user_uuid")
@warehouse_options
def forget(user_uuid: str, destination: str | None, database: str | None, dataset: str | None) -> None:
    """Take the person with the account USER_UUID out of the warehouse, of all its workspaces, and keep it so.

    What they did stays, as it does in Bitbucket where an account is deleted: null where the account stood, no name, no
    e-mail address, no mention. What they wrote stays too. No later sync brings them back: sync_forgotten holds hashes
    of their identities, and nothing else of them.

    Asks the warehouse, never Bitbucket. Build the models again afterwards: they hold what they were built from.

    Exit codes: 0 done, 2 no such account or no warehouse, 75 a sync is at work.
    """
    with readable_errors(), tempfile.TemporaryDirectory() as directory, ExitStack() as locks:
        from bitbucket_source.load.forgetting import forget as forget_person
        from bitbucket_source.load.lock import SyncLock
        from bitbucket_source.load.pipeline import configured_pipeline, kind_of
        from bitbucket_source.load.workspaces import synced_workspaces

        where = warehouse(destination, database, dataset)
        # a working directory of its own: those of syncs are left alone
        workspaces = synced_workspaces(configured_pipeline("forget", pipelines_dir=directory, **where))
        pipeline = configured_pipeline(workspaces[0], pipelines_dir=directory, **where)
        one_for_all = kind_of(pipeline) == "duckdb"
        for workspace in workspaces[:1] if one_for_all else workspaces:
            locks.enter_context(SyncLock(pipeline, workspace))
        pipeline.sync_destination()
        click.echo("\n".join(_told(forget_person(pipeline, user_uuid))))


def _told(done: Forgotten) -> Iterator[str]:
    if not done.changed.total() and not done.removed.total():
        yield "Nothing was left to forget."
        return
    yield f"Forgotten, with {done.addresses:,} e-mail address{'' if done.addresses == 1 else 'es'}."
    for name in sorted({*+done.changed, *+done.removed}):
        yield f"  {name:<32}{done.changed[name]:>10,} changed{done.removed[name]:>10,} removed"
    yield "The models hold what they were built from: build them again with `bitbucket-source models`."
