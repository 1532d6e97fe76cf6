"""The paths that the connector's tables take: a misspelt or vanished one is silently null (FACTS 12)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import chain
from typing import Any, TypeAlias

from bitbucket_source.tables import DATA_TABLES, Table

from ..asking import Json, Untestable, quoted
from ..fact import Facts, expect, need, some
from ..material import Material

facts = Facts()

Rows: TypeAlias = Callable[[Material], list[Json]]


def present(value: Any, path: str) -> bool | None:
    """Whether the last key of a path is there; None where something before it is null or absent, which hides it."""
    *before, last = path.split("[")[0].split(".")
    for name in before:
        value = value.get(name) if isinstance(value, dict) else None
    return last in value if isinstance(value, dict) else None


def _all_there(table: Table, rows: list[Json]) -> str:
    """Each path is in some row. Raises Differs for one that is in none, Untestable where it could be in none."""
    paths = dict.fromkeys(chain((column.path for column in table.object_columns), table.also_asked))
    seen = {path: {present(row, path) for row in some(rows, table.name)} for path in paths}
    gone = [path for path, found in seen.items() if True not in found and False in found]
    gone = [path for path in gone if path not in SOMETIMES.get(table.name, ())]
    expect(not gone, f"every path in some of {len(rows)} rows", f"none with {', '.join(gone)}")
    hidden = [path for path, found in seen.items() if True not in found]
    if hidden:
        raise Untestable(
            f"in none of {len(rows)} rows: {', '.join(hidden)}; {len(paths) - len(hidden)} others are there"
        )
    return f"{len(paths)} paths in {len(rows)} rows"


def _add(name: str, rows: Rows) -> None:
    table = TABLES[name]
    sentence = f"Every path that the table {name} takes is in some row of the list it is read from."
    facts.add(f"columns-of-{name.replace('_', '-')}", sentence, "12", lambda at: _all_there(table, rows(at)))


TABLES = {table.name: table for table in DATA_TABLES}
# absent where there is nothing to tell, so that all rows of a workspace may lack them
SOMETIMES = {
    "pull_requests": {"closed_on"},  # FACTS 3: in some answers only
    "pipelines": {  # FACTS 5: each kind of target has its own, and completed_on comes at the end
        "completed_on", "target.ref_type", "target.ref_name", "target.source", "target.destination",
        "target.selector.pattern",
    },
    # recorded: what has not ended has no duration, and what the configuration does not name has no name
    "pipeline_steps": {"name", "duration_in_seconds", "started_on", "completed_on"},
    "pipeline_schedules": {"target.selector.pattern"},
    "deployments": {"state.started_on", "state.completed_on", "last_update_time"},  # FACTS 6: not of an undeployed one
    "commit_statuses": {"uuid"},  # FACTS 3 names it, and no recording has it
    "branch_restrictions": {"branch_type"},  # only of a rule for a kind of branches
}  # fmt: skip


def _list(name: str, query: str = "pagelen=100") -> Rows:
    """A list right below the repository with pull requests."""
    return lambda at: at.rows(f"{at.reviewed.path}/{name}?{query}")


def _tests(bitbucket: Material) -> Iterator[str]:
    """The addresses of the test reports of three steps."""
    for run, step in bitbucket.tested_steps[:3]:
        base = f"{bitbucket.built.path}/pipelines/{quoted(run['uuid'])}/steps/{quoted(need(step, 'uuid'))}/test_reports"
        if bitbucket.ask(base).status == 200:
            yield base


def _accounts(bitbucket: Material) -> list[Json]:
    people = [row["user"] for row in bitbucket.rows(f"/workspaces/{bitbucket.workspace}/members?pagelen=100")]
    return [*people, *(row["author"] for row in bitbucket.pull_requests if row["author"])]


_add("workspaces", lambda at: [at.page(f"/workspaces/{at.workspace}")])
_add("projects", lambda at: at.rows(f"/workspaces/{at.workspace}/projects?pagelen=100"))
_add("workspace_members", lambda at: at.rows(f"/workspaces/{at.workspace}/members?pagelen=100"))
_add("users", _accounts)
_add("repositories", lambda at: [each.row for each in at.repositories])
_add("branches", _list("refs/branches", "sort=name&pagelen=100"))
_add("tags", lambda at: at.tags)
_add("commits", _list("commits"))
_add("pull_requests", lambda at: at.pull_requests)
_add("pull_request_participants", lambda at: [each for row in at.with_participants for each in row["participants"]])
_add("pull_request_activity", lambda at: at.happened)
_add("pull_request_comments", lambda at: at.comments)
_add("pull_request_commits", lambda at: at.rows(at.below(at.with_a_diff, "commits?pagelen=100")))
_add("pull_request_files", lambda at: at.rows(need(at.with_a_diff, "links.diffstat.href")))
_add("pull_request_tasks", lambda at: [task for _, tasks in at.with_tasks for task in tasks])
_add("pipelines", lambda at: at.runs)
_add("pipeline_steps", lambda at: [*at.steps(at.runs[0]), *(step for _, step in at.tested_steps)])
_add("pipeline_test_reports", lambda at: [at.page(base) for base in _tests(at)])
_add(
    "pipeline_test_cases",
    lambda at: [row for base in _tests(at) for row in at.rows(f"{base}/test_cases?pagelen=100")],
)
_add("pipeline_schedules", lambda at: at.schedules)
_add("environments", lambda at: at.rows(f"{at.deployed.path}/environments/?pagelen=100"))
_add("deployments", lambda at: at.deployments)
_add("commit_statuses", lambda at: [row for _, rows in at.with_statuses for row in rows])
_add("default_reviewers", _list("default-reviewers"))
_add("branch_restrictions", _list("branch-restrictions"))
_add("webhooks", _list("hooks"))
_add("downloads", _list("downloads"))
