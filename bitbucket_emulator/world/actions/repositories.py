"""Repositories and projects: made, forked, renamed, hidden, deleted."""

# ruff: noqa: ARG001 - actions share one signature

from __future__ import annotations

from typing import TYPE_CHECKING

from bitbucket_emulator.world.actions.arguments import ActionError
from bitbucket_emulator.world.actions.environments import add_environments
from bitbucket_emulator.world.actions.registry import action
from bitbucket_emulator.world.model import EVERYBODY, Project, Repository, Tag, name_uuid

if TYPE_CHECKING:
    from bitbucket_emulator.world.actions.arguments import Time
    from bitbucket_emulator.world.model import Workspace, World


@action
def create_repository(
    world: World,
    slug: str,
    name: str | None = None,
    project: Project | None = None,
    description: str = "",
    is_private: bool = True,
    language: str = "",
    workspace: Workspace | None = None,
    *,
    at: Time,
) -> Repository:
    """Make an empty repository, without main branch (FACTS 10); the first push names it."""
    home = workspace or world.workspace
    owner = project or next((each for each in world.projects.values() if each.workspace == home.uuid), None)
    repository = Repository(
        uuid=name_uuid(world.seed, "repository", home.slug, slug, at),
        workspace=home.uuid,
        project=owner.uuid if owner else None,
        slug=slug,
        name=name or slug,
        description=description,
        created_on=at,
        updated_on=at,
        serial=world.next_serial(),
        language=language,
        mainbranch=None,
        is_private=is_private,
    )
    _take_slug(world, repository, slug)
    world.repositories[repository.uuid] = repository
    add_environments(repository)
    return repository


@action
def fork(
    world: World,
    repository: Repository,
    slug: str,
    workspace: Workspace | None = None,
    *,
    at: Time,
) -> Repository:
    """Fork a repository: the same commits, branches and tags under another uuid; no pull requests, no pipelines."""
    copy = create_repository.do(
        world, slug, slug, None, repository.description, repository.is_private, repository.language, workspace, at=at
    )
    copy.parent, copy.mainbranch, copy.size = repository.uuid, repository.mainbranch, repository.size
    copy.branches.update(repository.branches)
    copy.tags.update((n, Tag(n, t.target, t.message, t.date, t.tagger_raw)) for n, t in repository.tags.items())
    copy.commits.update(repository.commits)
    return copy


@action
def rename_repository(
    world: World, repository: Repository, slug: str, name: str | None = None, *, at: Time
) -> Repository:
    """Give a repository another slug; the old one redirects until another repository takes it (FACTS 10)."""
    old = repository.slug
    _take_slug(world, repository, slug)
    del world.slugs[(repository.workspace, old)]
    world.former_slugs[(repository.workspace, old)] = repository.uuid
    repository.slug, repository.name = slug, name or slug
    repository.updated_on = max(repository.updated_on, at)
    return repository


@action
def transfer_repository(world: World, repository: Repository, project: Project, *, at: Time) -> Repository:
    """Put a repository into another project of its workspace."""
    if project.workspace != repository.workspace:
        raise ActionError(f"transfer_repository: {project.key} belongs to another workspace")
    repository.project = project.uuid
    repository.updated_on = max(repository.updated_on, at)
    return repository


@action
def edit_repository(
    world: World,
    repository: Repository,
    description: str | None = None,
    is_private: bool | None = None,
    mainbranch: str | None = None,
    *,
    at: Time,
) -> Repository:
    """Change description, visibility or main branch."""
    if mainbranch is not None:
        if mainbranch not in repository.branches:
            raise ActionError(f"edit_repository: no branch {mainbranch}")
        repository.mainbranch = mainbranch
    repository.description = repository.description if description is None else description
    repository.is_private = repository.is_private if is_private is None else is_private
    repository.updated_on = max(repository.updated_on, at)
    return repository


@action
def hide_repository(world: World, repository: Repository, credential: str | None = None, *, at: Time) -> Repository:
    """Take away one credential's right to see a repository, or everybody's."""
    if credential is not None and credential not in world.credentials:
        raise ActionError(f"hide_repository: no credential {credential}; there are {', '.join(world.credentials)}")
    repository.hidden_from.add(credential or EVERYBODY)
    return repository


@action
def show_repository(world: World, repository: Repository, credential: str | None = None, *, at: Time) -> Repository:
    """Undo `hide_repository`: for one credential, or for everybody."""
    if credential is None:
        repository.hidden_from.clear()
    else:
        repository.hidden_from.discard(credential)
    return repository


@action
def block_repository(world: World, repository: Repository, status: int | None = None, *, at: Time) -> Repository:
    """Let everything below a repository answer `status` (403, 404, 410) while it stays listed; None lifts it."""
    repository.blocked_status = status
    return repository


@action
def delete_repository(world: World, repository: Repository, *, at: Time) -> Repository:
    """Delete a repository (a fork too: pull requests from it lose their source)."""
    del world.repositories[repository.uuid]
    del world.slugs[(repository.workspace, repository.slug)]
    return repository


@action
def delete_fork(world: World, repository: Repository, *, at: Time) -> Repository:
    """`delete_repository` of a fork."""
    if repository.parent is None:
        raise ActionError(f"delete_fork: {repository.slug} is no fork")
    return delete_repository.do(world, repository, at=at)


@action
def enable_pipelines(world: World, repository: Repository, enabled: bool = True, *, at: Time) -> Repository:
    """Switch pipelines on or off."""
    repository.pipelines_enabled = enabled
    return repository


@action
def create_project(world: World, key: str, name: str, description: str = "", *, at: Time) -> Project:
    """Make a project in the company's workspace."""
    if any(each.key == key for each in world.projects.values()):
        raise ActionError(f"create_project: {key} exists")
    made = Project(name_uuid(world.seed, "project", key), world.workspace.uuid, key, name, description, at, at)
    world.projects[made.uuid] = made
    return made


@action
def rename_project(world: World, project: Project, name: str, key: str | None = None, *, at: Time) -> Project:
    """Give a project another name, and another key if given."""
    project.name, project.key, project.updated_on = name, key or project.key, at
    return project


def _take_slug(world: World, repository: Repository, slug: str) -> None:
    if slug != slug.lower() or "/" in slug or not slug:
        raise ActionError(f"{slug!r} is no slug")
    if world.slugs.setdefault((repository.workspace, slug), repository.uuid) != repository.uuid:
        raise ActionError(f"the slug {slug} is taken")
    world.former_slugs.pop((repository.workspace, slug), None)
