"""Addresses of every endpoint, filled with what the generated company has."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from urllib.parse import quote

from bitbucket_emulator import World
from bitbucket_emulator.world import trees
from bitbucket_emulator.world.model import Repository

_PARAMETER = re.compile(r"\{(\w+)(?::path)?\}")
_SLUGS = ("platform", "payments-api", "design-system", "mobile-app", "data-jobs", "payments-api-experiments")
_EACH = 6


def urls(world: World, template: str) -> Iterator[str]:
    """Some addresses below `/2.0` that fit the template of an endpoint, for each repository of interest."""
    names = _PARAMETER.findall(template)
    homes: list[Repository | None] = [None]
    if "repo_slug" in names:
        homes = [each for each in world.repositories.values() if each.slug in _SLUGS]
    for home in homes:
        for values in islice(_values(world, home, template), _EACH):
            known = {"workspace": "acme", **values} | ({} if home is None else {"repo_slug": home.slug})
            yield _filled(template, known)


def _filled(template: str, values: dict[str, str]) -> str:
    return _PARAMETER.sub(lambda found: quote(values[found[1]], safe=""), template)


def _values(world: World, home: Repository | None, template: str) -> Iterator[dict[str, str]]:
    """What fills the parameters beyond workspace and repository."""
    if home is None:
        yield from _values_of_the_company(world)
    elif "{pull_request_id}" in template:
        yield from _values_of_pull_requests(home, template)
    elif "{pipeline_uuid}" in template:
        yield from _values_of_pipelines(home, template)
    elif "/reports" in template:
        yield from _values_of_reports(home)
    elif "{path:path}" in template:
        yield from _values_of_files(home, template)
    elif "/comments" in template:
        for commit, comments in home.commit_comments.items():
            yield from ({"commit": commit, "comment_id": str(each)} for each in comments)
    elif "{commit}" in template:
        yield from ({"commit": commit_hash, "key": key} for commit_hash, key in _statuses(home))
        if "{key}" not in template:
            yield from ({"commit": each} for each in islice(home.commits, 2))
    else:
        yield from _values_of_repositories(home, template)


def _values_of_the_company(world: World) -> Iterator[dict[str, str]]:
    for member, project in zip(world.memberships, world.projects.values(), strict=False):
        found = {
            "member": member.user,
            "selected_user": member.user,
            "project_key": project.key,
            "selected_user_id": next(each.user for each in project.permissions if each.user),
            "group_slug": next(each.group for each in project.permissions if each.group),
            "variable_uuid": next(iter(world.variables)),
            "runner_uuid": next(iter(world.runners)),
        }
        yield found
        yield from ({**found, "selected_user": each} for each in project.default_reviewers)


def _values_of_pull_requests(home: Repository, template: str) -> Iterator[dict[str, str]]:
    for request in reversed(home.pull_requests.values()):
        comments, tasks = list(request.comments), list(request.tasks)
        if ("{comment_id}" in template and not comments) or ("{task_id}" in template and not tasks):
            continue
        yield {
            "pull_request_id": str(request.id),
            "comment_id": str(comments[0]) if comments else "",
            "task_id": str(tasks[0]) if tasks else "",
        }


def _values_of_pipelines(home: Repository, template: str) -> Iterator[dict[str, str]]:
    for run in reversed(home.pipelines.values()):
        for step in run.steps:
            failed = [case.uuid for case in step.tests or () if case.message is not None]
            if ("/test_reports" in template and not step.tests) or ("{test_case_uuid}" in template and not failed):
                continue
            yield {
                "pipeline_uuid": run.uuid,
                "step_uuid": step.uuid,
                "test_case_uuid": failed[0] if failed else "",
            }


def _values_of_reports(home: Repository) -> Iterator[dict[str, str]]:
    for commit_hash, reports in home.reports.items():
        for report in reports.values():
            for annotation in report.annotations:
                yield {"commit": commit_hash, "report_id": report.uuid, "annotation_id": annotation.uuid}


def _values_of_files(home: Repository, template: str) -> Iterator[dict[str, str]]:
    for commit in islice(reversed(home.commits), 3):
        if "/src/" in template:
            yield {"commit": commit, "path": ""}
        yield from ({"commit": commit, "path": path} for path in islice(trees.files(home, commit), 1))
        yield from ({"commit": commit, "path": path.partition("/")[0]} for path in islice(trees.files(home, commit), 1))


def _values_of_repositories(home: Repository, template: str) -> Iterator[dict[str, str]]:
    lists: dict[str, list[str]] = {
        "name": list(home.tags if "/tags/" in template else home.branches),
        "revision": list(home.branches),
        "revspec": [f"{name}..{home.mainbranch}" for name in home.branches],
        "spec": [*islice(home.commits, 20, 23), *(f"{name}..{home.mainbranch}" for name in home.branches)],
        "environment_uuid": list(home.environments),
        "deployment_uuid": list(reversed(home.deployments)),
        "schedule_uuid": list(home.schedules),
        "restriction_id": [str(each) for each in home.branch_restrictions],
        "uid": list(home.webhooks),
        "filename": list(home.downloads),
        "variable_uuid": list(home.variables),
        "selected_user_id": [each.user for each in home.permissions if each.user],
        "group_slug": [each.group for each in home.permissions if each.group],
        "target_username": [each.user for each in home.default_reviewers if each.reviewer_type == "repository"],
    }
    names = [name for name in _PARAMETER.findall(template) if name in lists]
    if not names:
        yield {}
    for value in lists[names[0]] if names else []:
        yield {names[0]: value}


def _statuses(home: Repository) -> Iterator[tuple[str, str]]:
    for commit_hash, by_key in home.statuses.items():
        for key in by_key:
            yield commit_hash, key
