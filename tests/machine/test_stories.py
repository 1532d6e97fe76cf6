"""Stories told by hand: those that chance finds too seldom, and those that once lost a row."""

from __future__ import annotations

from typing import Any

import duckdb
import pytest

from bitbucket_emulator.world.model import DAY, SECOND
from tests.machine.story import Story
from tests.truth.columns import COLUMNS, DEFAULT, KEPT

_COMMITS = r"(?<!\d)/commits"
"""path of a repository's commits, not of a pull request's"""


@pytest.mark.parametrize("page", [1, *(pytest.param(page, marks=pytest.mark.long) for page in (2, 3))])
def test_the_list_of_commits_breaks_off(story: Story, page: int) -> None:
    story.arm(kind="status", status=403, path="/commits", query=f"page={page}" if page > 1 else "", nth=1)
    assert _exit_code(story) == 1
    story.sync_in_peace()


# a sync that finds nothing new costs 13 here: with fewer it never gets to what is owed
@pytest.mark.parametrize("requests", [20, *(pytest.param(number, marks=pytest.mark.long) for number in (17, 29))])
def test_a_first_load_in_many_small_pieces(story: Story, requests: int) -> None:
    codes: list[int] = []
    while 0 not in codes and len(codes) < 8:
        codes.append(_exit_code(story, max_requests=requests))
    assert codes == [*[3] * (len(codes) - 1), 0]


def test_a_comment_is_seen_late(story: Story) -> None:
    first, second = story.open_pull_requests()[:2]
    story.bitbucket.act("advance_clock", seconds=3600)
    story.bitbucket.act("comment", **first, text="Seen at once")
    story.sync_in_peace()
    story.bitbucket.act("comment", **second, text="Seen late", at=story.bitbucket.world.clock - 200 * SECOND)
    story.sync_in_peace()


def test_the_working_directory_vanishes_after_a_cut(story: Story) -> None:
    story.sync_and_look(max_requests=30)
    story.lose_the_working_directory()
    story.sync_in_peace()


@pytest.mark.parametrize("times", [1, 3])
def test_a_list_of_commits_comes_empty(story: Story, times: int) -> None:
    # heads were named, so that their commits are owed: a cursor that says they were read loses them for ever
    story.arm(kind="empty_list", path=_COMMITS, times=times)
    story.sync_and_look()
    story.sync_in_peace(audit_requests="0")


def test_a_page_of_new_commits_comes_empty(story: Story) -> None:
    story.sync_in_peace()
    home = next(iter(story.bitbucket.world.repositories.values()))
    story.bitbucket.act("push", repository=home.slug, branch="long", author=story.a_user(), commits=230)
    story.arm(kind="empty_list", path=_COMMITS, query="page=2")
    story.sync_and_look()
    story.sync_in_peace(audit_requests="0")


@pytest.mark.parametrize(
    "path",
    [
        "/commits",
        "/pipelines/$",
        "/pullrequests",
        *(pytest.param(path, marks=pytest.mark.long) for path in ("/steps", "/refs/", "/repositories/")),
    ],
)
def test_each_list_brings_a_row_twice(story: Story, path: str) -> None:
    # two rows with one key in one load would both be stored, and be equal to what is read ever after
    story.arm(kind="repeat_row", path=path)
    result = story.sync_and_look()
    assert result is not None
    assert result.exit_code == 0


def test_a_copy_is_put_back_under_a_load_left_behind(story: Story) -> None:
    story.sync_in_peace()
    story.keep_a_copy()
    _comment_everywhere(story)
    story.sync_in_peace()
    _comment_everywhere(story)
    assert story.sync_killed_in_loading(dies_before_job=1)
    # the load continues what the copy does not have
    story.put_the_copy_back()
    story.is_blind = False
    story.sync_in_peace(audit_requests="0")


def test_the_warehouse_vanishes_under_a_load_left_behind(story: Story) -> None:
    story.sync_in_peace()
    _comment_everywhere(story)
    assert story.sync_killed_in_loading(dies_before_job=1)
    story.database.unlink()
    story.sync_in_peace(audit_requests="0")


# one of the first and one of the last; those between differ in their table only
@pytest.mark.parametrize(
    "job", [2, pytest.param(5, marks=pytest.mark.long), pytest.param(8, marks=pytest.mark.long), 11]
)
def test_a_sync_is_killed_when_a_file_was_loaded_and_not_noted(story: Story, job: int) -> None:
    # dlt loads the file once more into its staging table
    assert story.sync_killed_in_loading(dies_after_job=job)
    story.sync_in_peace(audit_requests="0")


@pytest.mark.parametrize("package", [1, 2])
def test_a_sync_is_killed_when_a_package_was_made(story: Story, package: int) -> None:
    # dlt fails on every later run: it finds what the package was made of, and the package
    assert story.sync_killed_in_loading(dies_after_package=package)
    story.sync_in_peace(audit_requests="0")


@pytest.mark.parametrize("not_stored", ["", "commits"])
def test_a_branch_vanishes_that_a_load_left_behind(story: Story, not_stored: str) -> None:
    story.sync_in_peace()
    home = next(iter(story.bitbucket.world.repositories.values()))
    story.bitbucket.act("push", repository=home.uuid, branch="short", author=story.a_user(), commits=3)
    story.bitbucket.act("advance_clock", seconds=3600)
    _leave_behind(story, all_but=not_stored)
    story.bitbucket.act("delete_branch", repository=home.uuid, branch="short")
    story.sync_in_peace(audit_requests="0")


def test_an_approval_vanishes_that_a_load_left_behind(story: Story) -> None:
    story.sync_in_peace()
    request = story.open_pull_requests()[0]
    story.bitbucket.act("advance_clock", seconds=3600)
    story.bitbucket.act("approve", **request)
    story.bitbucket.act("advance_clock", seconds=3600)
    _leave_behind(story)
    story.bitbucket.act("unapprove", **request)
    story.sync_in_peace(audit_requests="0")


def test_a_report_vanishes_that_a_load_left_behind(story: Story) -> None:
    story.tables = (*COLUMNS, *KEPT)
    story.sync_in_peace()
    home = next(iter(story.bitbucket.world.repositories.values()))
    report = {"repository": home.uuid, "commit": next(iter(home.branches.values())), "external_id": "late"}
    story.bitbucket.act("add_report", **report, findings=3)
    _leave_behind(story)
    story.bitbucket.act("remove_report", **report)
    story.sync_in_peace(audit_requests="0")


@pytest.mark.parametrize("not_stored", ["", "deployment_commits"])
def test_an_attempt_is_overwritten_that_a_load_left_behind(story: Story, not_stored: str) -> None:
    home = next(iter(story.bitbucket.world.repositories.values()))
    _deploy_something_new(story, home.uuid)
    story.sync_in_peace()
    deployed = _deploy_something_new(story, home.uuid)
    _leave_behind(story, all_but=not_stored)
    # what it carried was carried by the attempt that is nowhere any more
    story.bitbucket.act("redeploy_step", **deployed, user=story.a_user(), result="SUCCESSFUL")
    story.sync_in_peace(audit_requests="0")


def test_a_branch_vanishes_that_was_read_in_part(story: Story) -> None:
    story.sync_in_peace()
    home = next(iter(story.bitbucket.world.repositories.values()))
    story.bitbucket.act("push", repository=home.uuid, branch="long", author=story.a_user(), commits=230)
    story.arm(kind="status", status=403, path=_COMMITS, query="page=2")
    assert _exit_code(story) == 1
    story.bitbucket.act("delete_branch", repository=home.uuid, branch="long")
    # what is left of it cannot be read, and the heads that were read whole are there
    story.bitbucket.act("prune", repository=home.uuid)
    story.sync_in_peace(audit_requests="0")


@pytest.mark.parametrize("later", [("users",), ("users", "pipelines"), ("pipeline_steps",)])
def test_a_table_is_added_to_lists_that_were_read(story: Story, later: tuple[str, ...]) -> None:
    _a_robot_runs_something(story)
    story.tables = tuple(table for table in (*DEFAULT, *KEPT) if table not in later)
    story.sync_in_peace(audit_requests="0")
    story.tables = None
    story.sync_in_peace(audit_requests="0")


def test_a_step_runs_again_while_only_the_runs_are_read(story: Story) -> None:
    story.sync_in_peace()
    home = next(home for home in story.bitbucket.world.repositories.values() if home.pipelines)
    run = next(run for run in home.pipelines.values() if run.state == "COMPLETED")
    step = next(step for step in run.steps if step.result not in {None, "NOT_RUN"})
    story.bitbucket.act("rerun_step", repository=home.uuid, pipeline=run.uuid, step=step.uuid, result="SUCCESSFUL")
    story.tables = ("repositories", "pipelines")
    story.sync_in_peace(audit_requests="0")
    story.tables = None
    story.sync_in_peace(audit_requests="0")
    requests = len(story.bitbucket.requests)
    story.sync(audit_requests="0")
    assert not any(each.path.endswith("/steps") for each in list(story.bitbucket.requests)[requests:]), "once"


def test_an_account_that_only_a_run_names_is_renamed(story: Story) -> None:
    robot = _a_robot_runs_something(story)
    story.sync_in_peace()
    story.bitbucket.act("rename_user", user=robot, display_name="Automaton")
    story.sync_in_peace()


def test_an_audit_reads_the_commits_of_old_branches(story: Story) -> None:
    # the newest hundred commits name no parents from which the old ones are reached
    fork = next(home for home in story.bitbucket.world.repositories.values() if "long" in home.branches)
    author = "Eve <eve@example.net>"
    date = story.bitbucket.world.clock - 300 * DAY
    story.bitbucket.act("push", repository=fork.uuid, branch="old", author=author, date=date)
    story.sync_in_peace()
    story.bitbucket.act("map_email", email="eve@example.net", user=story.a_user())
    story.sync_in_peace()


def test_an_audit_finds_a_branch_that_a_lie_hid_from_the_first_load(story: Story) -> None:
    story.tables = (*COLUMNS, *KEPT)
    story.arm(path="/refs/", nth=1, lies=True, kind="empty_page")
    story.sync_and_look()
    # nothing tells of a push: what the audit finds is followed in the same sync
    story.sync_in_peace()
    story.is_blind = False
    story.must_be_equal()


def test_short_pages_hide_no_deployment_that_nobody_has_started(story: Story) -> None:
    story.sync_in_peace()
    home = max(story.bitbucket.world.repositories.values(), key=lambda each: len(each.deployments))
    assert len(home.deployments) > 10
    steps = [{"name": "Deploy", "environment": next(iter(home.environments)), "manual": True}]
    branch, creator = next(iter(home.branches)), story.a_user()
    story.bitbucket.act("run_pipeline", repository=home.uuid, ref=branch, creator=creator, steps=steps)
    story.arm(path="/deployments/$", kind="pagelen", value=5)
    assert _exit_code(story) == 0
    story.must_be_equal()


def _a_robot_runs_something(story: Story) -> str:
    """Its account, which no other list names."""
    robot: str = story.bitbucket.act("create_user", nickname="robot", display_name="Robot").uuid
    home = next(iter(story.bitbucket.world.repositories.values()))
    story.bitbucket.act("run_pipeline", repository=home.slug, creator=robot)
    return robot


def _deploy_something_new(story: Story, home: str) -> dict[str, Any]:
    """A run of a new commit that deploys it; returns the arguments that name the step."""
    repository, author = story.bitbucket.world.repositories[home], story.a_user()
    branch, stage = next(iter(repository.branches)), next(iter(repository.environments))
    story.bitbucket.act("push", repository=home, branch=branch, author=author)
    steps = [{"name": "Deploy", "environment": stage}]
    run = story.bitbucket.act("run_pipeline", repository=home, ref=branch, creator=author, steps=steps)
    story.bitbucket.act("finish_pipeline", repository=home, pipeline=run.uuid, result="SUCCESSFUL")
    story.bitbucket.act("advance_clock", seconds=3600)
    return {"repository": home, "pipeline": run.uuid, "step": run.steps[0].uuid}


def _comment_everywhere(story: Story) -> None:
    for request in story.open_pull_requests():
        story.bitbucket.act("comment", **request, text="Fine")
    story.bitbucket.act("advance_clock", seconds=3600)


def _leave_behind(story: Story, *, all_but: str = "") -> None:
    """A sync that is killed when its load has stored all but one table, and nobody finishes the load."""
    before = _loads(story)
    story.sync(audit_requests="0")
    story.lose_the_working_directory()
    with duckdb.connect(str(story.database)) as connection:
        for load in _loads(story) - before:
            connection.execute("delete from bitbucket_raw._dlt_loads where load_id = ?", [load])
            if all_but:
                connection.execute(f"delete from bitbucket_raw.{all_but} where _dlt_load_id = ?", [load])


def _loads(story: Story) -> set[str]:
    with duckdb.connect(str(story.database)) as connection:
        return {load for (load,) in connection.execute("select load_id from bitbucket_raw._dlt_loads").fetchall()}


def _exit_code(story: Story, **settings: Any) -> int:
    result = story.sync_and_look(**settings)
    assert result is not None
    return result.exit_code
