"""What `plan` says a sync will cost, held against what it then does cost."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bitbucket_emulator import Emulator, Fault, generate_world
from bitbucket_emulator.world import graph
from bitbucket_source.load import slices
from bitbucket_source.planning import Figure, Plan, make_plan
from bitbucket_source.planning.sample import LOOKED_AT
from bitbucket_source.planning.warehouse import stored_in_warehouse
from bitbucket_source.session import Session
from bitbucket_source.source import make_session, selected_tables
from bitbucket_source.sync.agenda import SliceLimit
from bitbucket_source.tables import DATA_TABLES
from tests.source.conftest import ADMIN, AT_ONCE, Warehouse

LISTS = {
    "/workspaces/acme": "workspaces",
    "/workspaces/acme/projects": "projects",
    "/workspaces/acme/members": "workspace_members",
    "/repositories/acme": "repositories",
}
BELOW = {
    "pullrequests": "pull_requests",
    "pullrequests/activity": "pull_request_activity",
    r"pullrequests/\d+/activity": "pull_request_activity",
    r"pullrequests/\d+/comments": "pull_request_comments",
    r"pullrequests/\d+/commits": "pull_request_commits",
    r"pullrequests/\d+/tasks": "pull_request_tasks",
    r"diffstat/.*|pullrequests/\d+/diffstat": "pull_request_files",
    "pipelines(/[^/]+)?": "pipelines",
    "pipelines/[^/]+/steps": "pipeline_steps",
    "pipelines/[^/]+/steps/[^/]+/test_reports": "pipeline_test_reports",
    "pipelines/[^/]+/steps/[^/]+/test_reports/test_cases": "pipeline_test_cases",
    "pipelines_config/schedules": "pipeline_schedules",
    "environments": "environments",
    "deployments(/[^/]+)?": "deployments",
    "refs/branches": "branches",
    "refs/tags": "tags",
    "commits": "commits",
    "commit/[^/]+/statuses": "commit_statuses",
    "commit/[^/]+/reports": "reports",
    "commit/[^/]+/reports/[^/]+/annotations": "report_annotations",
    "default-reviewers": "default_reviewers",
    "branch-restrictions": "branch_restrictions",
    "permissions-config/(users|groups)": "repository_permissions",
    "hooks": "webhooks",
    "downloads": "downloads",
}
EVERYTHING = [table.name for table in DATA_TABLES]


def table_of(path: str) -> str:
    """The table for which something is asked."""
    asked = path.removeprefix("/2.0").rstrip("/")
    if asked in LISTS:
        return LISTS[asked]
    below = re.sub(r"^/repositories/acme/[^/]+/", "", asked)
    return next((name for pattern, name in BELOW.items() if re.fullmatch(pattern, below)), asked)


class Forecaster(Warehouse):
    """A warehouse that is planned for before it is synced."""

    def plan(self, tables: Sequence[str] | None = None, **settings: Any) -> Plan:
        made = make_session(
            "acme",
            base_url=self.bitbucket.base_url,
            oauth_url=self.bitbucket.oauth_url,
            **{"credentials": ADMIN, **settings},
        )
        session = Session(made.settings, made.credentials, AT_ONCE)
        with stored_in_warehouse(session, database=self.path) as stored:
            return make_plan(session, selected_tables(tables), stored)

    def spent(self, tables: Sequence[str] | None = None, **settings: Any) -> Counter[str]:
        """Sync; the requests by table."""
        self.bitbucket.clear_requests()
        self.sync(tables, **settings)
        return Counter(table_of(entry.path) for entry in self.bitbucket.requests)


def assert_true(plan: Plan, spent: Counter[str]) -> None:
    """Each figure is a number that is right to a tenth, or a range in which the truth lies."""
    figures = {line.name: line.now for line in plan.lines}
    assert spent.keys() <= figures.keys()
    wrong = {name: (figure, spent[name]) for name, figure in figures.items() if not _holds(figure, spent[name])}
    assert wrong == {}
    assert _holds(plan.now, spent.total())


def _holds(figure: Figure, truth: int) -> bool:
    slack = 0.1 * truth if figure.is_measured else 0
    return figure.low - slack <= truth and (figure.is_open or truth <= figure.high + slack)


@pytest.fixture
def forecaster(bitbucket: Emulator, tmp_path: Path) -> Forecaster:
    return Forecaster(bitbucket, tmp_path)


@pytest.fixture
def busy(tmp_path: Path) -> Iterator[Forecaster]:
    """A dozen repositories with two pages of some lists."""
    with Emulator(generate_world(seed=7, repositories=12, people=8, years=1, scale=1)) as emulator:
        yield Forecaster(emulator, tmp_path)


UNCOUNTED = {"pull_request_activity", "pull_request_comments", "pull_request_commits"}
"""what no list tells before it is read: a range"""


def test_a_first_load_and_the_sync_after_it_cost_what_the_plan_says(forecaster: Forecaster) -> None:
    plan = forecaster.plan()
    first, second = forecaster.spent(), forecaster.spent()

    assert plan.is_first
    assert_true(plan, first)
    ranges = {line.name for line in plan.lines if not line.now.is_measured}
    assert ranges <= UNCOUNTED | {"pull_request_files"}
    measured = {line.name: line.now.low for line in plan.lines if line.now.low and line.name not in ranges}
    assert measured == {name: count for name, count in first.items() if name not in ranges}
    assert {line.name: line.later.low for line in plan.lines if line.later.low} == second


def test_every_table_is_in_the_plan(forecaster: Forecaster) -> None:
    plan = forecaster.plan(EVERYTHING)
    first, again = forecaster.spent(EVERYTHING), forecaster.plan(EVERYTHING)

    assert {line.name for line in plan.lines} == {*EVERYTHING, "audit"}
    assert_true(plan, first)
    assert_true(again, forecaster.spent(EVERYTHING))
    assert plan.requests < first.total() / 5


def test_lists_of_several_pages_are_counted_page_by_page(busy: Forecaster) -> None:
    plan = busy.plan()
    spent = busy.spent()

    assert_true(plan, spent)
    assert max(spent["pull_requests"], spent["pipelines"], spent["commits"]) > 12, "some lists have a second page"


def test_a_plan_costs_a_few_requests_per_repository_and_says_how_many(busy: Forecaster) -> None:
    plan = busy.plan()

    assert plan.requests == len(busy.bitbucket.requests) < 4 + 9 * 12


def test_of_more_than_thirty_repositories_thirty_are_looked_at_and_the_truth_lies_in_the_ranges(
    tmp_path: Path,
) -> None:
    with Emulator(generate_world(seed=5, repositories=40, people=6, years=1, scale=0.05)) as emulator:
        forecaster = Forecaster(emulator, tmp_path)
        plan = forecaster.plan()
        looked_into = {
            entry.path.split("/")[4] for entry in emulator.requests if entry.path.startswith("/2.0/repositories/acme/")
        }
        spent = forecaster.spent()
        again = forecaster.plan()
        assert_true(again, forecaster.spent())

    assert (plan.repositories, plan.looked_at, len(looked_into)) == (40, LOOKED_AT, LOOKED_AT)
    assert_true(plan, spent)
    measured = {line.name for line in plan.lines if line.now.is_measured and line.now.low}
    assert measured == {"workspaces", "repositories", "projects", "workspace_members"}


@pytest.mark.parametrize("seed", range(3))
def test_ranges_hold_in_other_workspaces(seed: int) -> None:
    with Emulator(generate_world(seed=seed, repositories=60, people=8, years=1, scale=0.3)) as emulator:
        made = make_session("acme", base_url=emulator.base_url, credentials=ADMIN)
        figures = {line.name: line.now for line in make_plan(made, selected_tables(None)).lines}
        repositories = list(emulator.world.repositories.values())
        assert _holds(figures["pipelines"], sum(len(each.pipelines) // 100 + 1 for each in repositories))
        assert _holds(figures["pipeline_steps"], sum(len(each.pipelines) for each in repositories))
        assert _holds(figures["commits"], sum(-(-len(list(graph.log(each))) // 100) for each in repositories))


def test_lists_asked_once_more_at_the_cuts_of_a_long_sync_are_in_the_ranges(
    forecaster: Forecaster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(slices, "SLICE", SliceLimit(requests=40))
    plan = forecaster.plan()
    spent = forecaster.spent()

    assert spent["pull_requests"] > 3, "the cuts cost something"
    assert_true(plan, spent)


def test_after_a_stop_in_the_middle_the_plan_is_what_is_left(busy: Forecaster) -> None:
    busy.spent(max_requests=150)
    plan = busy.plan()

    assert not plan.is_first
    assert_true(plan, busy.spent())


def test_what_was_pushed_and_run_since_is_in_the_plan(forecaster: Forecaster) -> None:
    forecaster.spent()
    bitbucket = forecaster.bitbucket
    repository = next(each for each in bitbucket.world.repositories.values() if each.pipelines)
    author = next(user.nickname for user in bitbucket.world.users.values() if user.kind == "user")
    bitbucket.act("push", repository=repository.slug, branch="new", author=author, commits=3)
    plan = forecaster.plan()
    figures = {line.name: line.now for line in plan.lines}

    assert (figures["branches"].low, figures["tags"].low) == (1, 1)
    assert_true(plan, forecaster.spent())


def test_a_declaration_that_has_changed_is_told_and_counted(forecaster: Forecaster) -> None:
    forecaster.spent()
    forecaster.rows(
        "update sync_cursors set declaration = 'of before' where table_name in ('pull_requests', 'commits') returning 1"
    )
    plan = forecaster.plan()

    assert plan.notes == (
        "Read again from the beginning, because their declaration has changed: "
        "commits (3 repositories), pull_requests (3 repositories).",
    )
    spent = forecaster.spent()
    assert spent["commits"] >= 3
    assert_true(plan, spent)


def test_a_full_refresh_is_counted_and_nothing_is_set_back(forecaster: Forecaster) -> None:
    forecaster.spent()
    plan = forecaster.plan(full_refresh=True)

    assert plan.now.low > forecaster.plan().now.high
    assert_true(plan, forecaster.spent(full_refresh=True))


def test_the_audits_share_is_counted_where_something_is_due(forecaster: Forecaster) -> None:
    forecaster.spent()
    assert forecaster.plan().lines[-1].now == Figure.of(0), "it was verified within half an hour"

    began = (datetime.now().astimezone() - timedelta(days=1)).isoformat()
    forecaster.rows(
        'update sync_runs set audit = regexp_replace(audit::varchar, \'"began":"[^"]+"\', '
        f"'\"began\":\"{began}\"', 'g') returning 1"
    )
    plan = forecaster.plan()
    spent = forecaster.spent()

    assert plan.lines[-1].now.high > 0
    others = sum(line.now.low for line in plan.lines)
    assert others < spent.total() <= plan.now.high


def test_a_list_that_cannot_be_read_costs_its_refusal_and_is_told(forecaster: Forecaster) -> None:
    token: dict[str, Any] = {"credentials": {"access_token": "emulator-repository-token"}}
    plan = forecaster.plan(**token)
    lines = {line.name: line for line in plan.lines}

    assert lines["pipeline_steps"].now == Figure.of(0)
    assert lines["pipelines"].now == Figure(1, 3)
    assert any(note.startswith("pipelines cannot be read: 403 on") for note in plan.notes)
    assert_true(plan, forecaster.spent(**token))
    assert_true(forecaster.plan(**token), forecaster.spent(**token))


@pytest.mark.parametrize(
    "tables", [["commits"], ["pull_requests"], ["pipelines"], ["users", "tags"], ["projects"]], ids=str
)
def test_only_what_the_chosen_tables_need_is_counted(forecaster: Forecaster, tables: list[str]) -> None:
    plan = forecaster.plan(tables)

    assert_true(plan, forecaster.spent(tables))
    assert_true(forecaster.plan(tables), forecaster.spent(tables))


def test_a_first_read_that_is_bounded_costs_less_and_an_earlier_bound_what_is_missing(forecaster: Forecaster) -> None:
    plan = forecaster.plan(since="2026-08-01")

    assert plan.now.high < forecaster.plan().now.high
    assert_true(plan, forecaster.spent(since="2026-08-01"))
    assert_true(forecaster.plan(since="2026-05-01"), forecaster.spent(since="2026-05-01"))
    assert_true(forecaster.plan(), forecaster.spent())


def test_where_pages_of_commits_cannot_be_asked_for_by_number_the_size_bounds_them(busy: Forecaster) -> None:
    busy.bitbucket.add_fault(Fault(kind="status", status=400, path="/commits", query="page=2&pagelen"))
    plan = busy.plan(["commits"])
    commits = next(line.now for line in plan.lines if line.name == "commits")

    assert not commits.is_measured
    busy.bitbucket.clear_faults()
    assert_true(plan, busy.spent(["commits"]))


def test_a_size_that_lags_behind_bounds_no_history(forecaster: Forecaster) -> None:
    author = next(iter(forecaster.bitbucket.world.users))
    made = forecaster.bitbucket.act("create_repository", slug="imported")
    forecaster.bitbucket.act("push", repository=made.uuid, branch="main", author=author, commits=1150)
    made.size = 0
    plan = forecaster.plan(["commits"])

    assert_true(plan, forecaster.spent(["commits"]))


def test_lists_that_bitbucket_does_not_count_are_open_upwards(forecaster: Forecaster) -> None:
    forecaster.bitbucket.add_fault(Fault(kind="status", status=403, path="/pullrequests"))
    plan = forecaster.plan(["pull_requests"])
    line = next(line for line in plan.lines if line.name == "pull_requests")

    assert line.now == Figure(3, 3, is_open=True)
    assert sum(note.startswith("pull_requests of acme/") for note in plan.notes) == 3


def test_a_plan_writes_nothing(forecaster: Forecaster) -> None:
    forecaster.plan()
    assert not Path(forecaster.path).exists()

    forecaster.spent(max_requests=30)
    before = Path(forecaster.path).read_bytes()
    forecaster.plan()
    assert Path(forecaster.path).read_bytes() == before
    assert sorted(path.name for path in forecaster.directory.iterdir() if path.name != "dlt") == [
        "bitbucket.duckdb",
        "pipelines",
    ]
