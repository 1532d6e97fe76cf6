"""Raw rows as hard cases need them, with what they have in common filled in."""

from __future__ import annotations

from typing import Any

from .raw_tables import Row

SYNCED = "2026-04-07 12:00:00"


def sha(letter: str) -> str:
    """A hash of 40 characters."""
    return letter * 40


def read(**columns: Any) -> Row:
    """A row as the last sync wrote it."""
    return {"synced_at": SYNCED, **columns}


def repository(name: str, workspace: str = "acme") -> Row:
    """A repository of a workspace."""
    return read(
        uuid=name,
        workspace_uuid=f"{{{workspace}}}",
        workspace_slug=workspace,
        slug=name,
        full_name=f"{workspace}/{name}",
        name=name,
        mainbranch_name="main",
        created_on="2026-01-05 08:00:00",
    )


def merged(repository_uuid: str, number: int, **columns: Any) -> Row:
    """A pull request of Ann's that Bob merged after an hour."""
    return read(
        repository_uuid=repository_uuid,
        id=number,
        author_uuid="{ann}",
        author_type="user",
        closed_by_uuid="{bob}",
        source_branch_name="change",
        destination_branch_name="main",
        **{
            "title": "Change",
            "state": "MERGED",
            "created_on": "2026-03-03 09:00:00",
            "updated_on": "2026-03-03 10:00:00",
            "closed_on": "2026-03-03 10:00:00",
            **columns,
        },
    )


def commit(repository_uuid: str, letter: str, date: str, message: str = "Change") -> Row:
    """A commit of Ann's."""
    return read(
        repository_uuid=repository_uuid,
        hash=sha(letter),
        date=date,
        message=message,
        author_raw="Ann <ann@example.com>",
        author_user_uuid="{ann}",
    )


def parents(repository_uuid: str, letter: str, *of: str) -> list[Row]:
    """The edges of a commit."""
    return [
        read(repository_uuid=repository_uuid, hash=sha(letter), position=place, parent_hash=sha(parent))
        for place, parent in enumerate(of)
    ]


def deployed(repository_uuid: str, letter: str, day: int, environment: str = "live") -> Row:
    """A successful deployment of a commit."""
    return read(
        repository_uuid=repository_uuid,
        deployment_uuid=f"{repository_uuid} {letter}",
        environment_uuid=environment,
        release_pipeline_uuid=f"run of {letter}",
        commit_hash=sha(letter),
        status="SUCCESSFUL",
        started_on=f"2026-03-{day:02} 12:00:00",
        completed_on=f"2026-03-{day:02} 12:10:00",
    )


def carried(deployment: Row, letter: str) -> Row:
    """A commit that a deployment carried."""
    return read(
        repository_uuid=deployment["repository_uuid"],
        deployment_uuid=deployment["deployment_uuid"],
        started_on=deployment["started_on"],
        environment_uuid=deployment["environment_uuid"],
        hash=sha(letter),
    )
