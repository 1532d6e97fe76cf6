"""Statements after which every incremental model has to say something else: rows that changed, came or went late.

Each chooses its rows by a digest of their keys, so that it finds the same ones on every engine.
"""

from __future__ import annotations

from collections.abc import Iterator

RAW = "bitbucket_raw"
PULL_REQUEST = ("repository_uuid", "pull_request_id")
COMMIT = ("repository_uuid", "hash")
DEPLOYMENT = ("repository_uuid", "deployment_uuid")
ATTEMPT = (
    *("repository_uuid", "deployment_uuid", "environment_uuid", "release_pipeline_uuid", "step_uuid", "release_name"),
    *("commit_hash", "status", "deployer_uuid", "started_on", "completed_on", "synced_at"),
)
STEP = ("repository_uuid", "pipeline_uuid", "step_uuid")
BARE = (
    *("repository_uuid", "id", "title", "state", "author_uuid", "closed_by_uuid", "created_on", "updated_on"),
    *("closed_on", "synced_at"),
)
"""of a pull request: what leads to nothing else"""
LATE_HEAD = "md5(repository_uuid || cast(id as text))"
"""of a pull request: the hash, shortened to any length, of a head that no list names and whose commit is stored late"""
LATE_PUSH = "md5(repository_uuid || cast(pull_request_id as text) || activity_id)"
"""of an update: the same of what was pushed"""


def some(share: float, *keys: str, salt: int = 0) -> str:
    """A condition that about so many rows meet."""
    text = " || ".join(f"cast({key} as text)" for key in keys)
    return f"substr(md5({text} || '{salt}'), 1, 3) < '{round(share * 4096):03x}'"


def changed(table: str, values: str, where: str) -> str:
    """An update as a sync makes it."""
    return f"update {RAW}.{table} set {values}, synced_at = now() where {where}"


def gone(table: str, where: str) -> str:
    """Rows marked as deleted."""
    return changed(table, "deleted_at = now()", f"deleted_at is null and {where}")


def back(table: str, where: str) -> str:
    """The mark taken off again."""
    return changed(table, "deleted_at = null", f"deleted_at is not null and {where}")


def came(table: str, given: dict[str, str], where: str, columns: tuple[str, ...]) -> str:
    """Rows like others but for some values."""
    values = [given.get(column, "now()" if column == "synced_at" else column) for column in columns]
    return (
        f"insert into {RAW}.{table} ({', '.join(columns)}) select {', '.join(values)} from {RAW}.{table} where {where}"
    )


def own(kind: int, kinds: int, *keys: str) -> str:
    """A condition that one in so many objects meets: what changes in one way shall hide no other way."""
    text = " || ".join(f"cast({key} as text)" for key in keys)
    digits = [f"'{digit:x}'" for digit in range(16 * kind // kinds, 16 * (kind + 1) // kinds)]
    return f"substr(md5({text}), 1, 1) in ({', '.join(digits)})"


def of_pull_requests(day: int) -> Iterator[str]:
    """Merges, reopenings, other landings, and what hangs below: each of them of pull requests of its own."""
    key, kinds = ("repository_uuid", "id"), 10
    itself = f"({own(0, kinds, *key)} or {own(1, kinds, *key)} or {own(2, kinds, *key)})"
    yield changed(
        "pull_requests",
        "state = 'MERGED', closed_on = created_on + interval '3' hour",
        f"state = 'OPEN' and {itself}",
    )
    landed = "merge_commit_hash = source_commit_hash"
    yield changed("pull_requests", landed, f"state = 'MERGED' and {itself} and {some(0.3, *key, salt=day + 1)}")
    pushed = f"merge_commit_hash = null, source_commit_hash = substr({LATE_HEAD}, 1, 12)"
    yield changed("pull_requests", pushed, f"state = 'MERGED' and {itself} and {some(0.5, *key, salt=day + 5)}")
    yield changed("pull_requests", "source_branch_name = 'hotfix/x'", f"{itself} and {some(0.2, *key, salt=day + 2)}")
    yield changed("pull_requests", "state = 'OPEN', closed_on = null", f"{itself} and {some(0.2, *key, salt=day + 3)}")
    yield gone("pull_requests", f"{itself} and {some(0.2, *key, salt=day + 4)}")
    yield came("pull_requests", {"id": "id + 1000"}, "true", BARE)
    yield gone("pull_request_comments", f"{own(3, kinds, *PULL_REQUEST)} and {some(0.5, 'id', salt=day)}")
    yield gone("pull_request_activity", f"{own(4, kinds, *PULL_REQUEST)} and {some(0.5, 'activity_id', salt=day)}")
    later = "date = date + interval '30' minute"
    yield changed("pull_request_activity", later, own(5, kinds, *PULL_REQUEST))
    elsewhere = f"source_commit_hash = substr({LATE_PUSH}, 1, 12)"
    yield changed("pull_request_activity", elsewhere, f"{own(5, kinds, *PULL_REQUEST)} and kind = 'update'")
    yield gone("pull_request_activity_reviewers", own(6, kinds, *PULL_REQUEST))
    yield gone("pull_request_participants", f"{own(7, kinds, *PULL_REQUEST)} and {some(0.5, 'user_uuid', salt=day)}")
    yield gone("pull_request_commits", f"{own(8, kinds, *PULL_REQUEST)} and {some(0.5, 'hash', salt=day)}")
    yield changed("pull_request_files", "lines_added = 7", own(9, kinds, *PULL_REQUEST))


def of_listed_commits(day: int) -> Iterator[str]:
    """Commits that pull requests have again."""
    yield back("pull_request_commits", some(0.5, *PULL_REQUEST, "hash", salt=day))


def of_participants(day: int) -> Iterator[str]:
    """People that take part again."""
    yield back("pull_request_participants", some(0.5, *PULL_REQUEST, "user_uuid", salt=day))


def of_commits(day: int) -> Iterator[str]:
    """Commits that no ref reaches any more or again, heads stored late, a mapped address, accounts beside addresses."""
    yield gone("commits", some(0.05, *COMMIT, salt=day))
    yield back("commits", some(0.5, *COMMIT, salt=day + 1))
    yield (
        f"insert into {RAW}.commits (repository_uuid, hash, date, author_raw, synced_at)"
        f" select repository_uuid, {LATE_HEAD} || '01234567', created_on, 'Somebody <somebody@example.com>', now()"
        f" from {RAW}.pull_requests where source_commit_hash = substr({LATE_HEAD}, 1, 12)"
    )
    yield (
        f"insert into {RAW}.commits (repository_uuid, hash, date, author_raw, author_user_uuid, synced_at)"
        f" select repository_uuid, md5(cast(id as text) || author_uuid) || '01234567', created_on,"
        f" 'All <all@example.com>', author_uuid, now() from {RAW}.pull_requests"
        " where id > 1000 and author_uuid is not null"
    )
    yield (
        f"insert into {RAW}.commits (repository_uuid, hash, date, author_raw, synced_at)"
        f" select distinct repository_uuid, md5(repository_uuid || author_raw) || '01234567', date"
        f" '2026-01-01', author_raw, now() from {RAW}.commits where author_user_uuid is not null"
    )
    newest = f"select max(hash) from {RAW}.commits where author_user_uuid is null"
    mapped = f"author_user_uuid = (select min(uuid) from {RAW}.users)"
    yield changed("commits", mapped, f"hash = ({newest})")


def of_parents(day: int) -> Iterator[str]:
    """A second parent, and those of a commit that was pushed."""
    has_two = f"select 1 from {RAW}.commit_parents two where two.hash = commit_parents.hash and two.position = 1"
    yield came(
        "commit_parents",
        {"position": "1"},
        f"position = 0 and {some(0.2, *COMMIT, salt=day)} and not exists ({has_two})",
        ("repository_uuid", "hash", "position", "parent_hash", "synced_at"),
    )
    yield (
        f"insert into {RAW}.commit_parents (repository_uuid, hash, position, parent_hash, synced_at)"
        f" select repository_uuid, {LATE_PUSH} || '01234567', 1, source_commit_hash, now()"
        f" from {RAW}.pull_request_activity where source_commit_hash = substr({LATE_PUSH}, 1, 12)"
    )


def of_trailers(day: int) -> Iterator[str]:
    """What messages say that was read late."""
    yield gone("commit_trailers", some(0.1, *COMMIT, "position", salt=day))
    reverts = f"key = 'This reverts commit', value = (select max(hash) from {RAW}.deployment_commits)"
    yield changed("commit_trailers", reverts, some(0.1, *COMMIT, "position", salt=day + 1))
    assisted = "key = 'co-authored-by', value = 'Claude <noreply@anthropic.com>'"
    yield changed("commit_trailers", assisted, some(0.3, *COMMIT, "position", salt=day + 2))


def of_deployments(day: int) -> Iterator[str]:
    """Attempts that failed after all or came weeks late."""
    failed = some(0.1, *DEPLOYMENT, salt=day)
    yield changed("deployment_attempts", "status = 'FAILED'", failed)
    yield changed("deployments", "state_status_name = 'FAILED'", failed.replace("deployment_uuid", "uuid"))
    early = "started_on - interval '40' day"
    yield came(
        "deployment_attempts",
        {"started_on": early, "completed_on": "completed_on - interval '40' day"},
        some(0.05, *DEPLOYMENT, salt=day + 1),
        ATTEMPT,
    )


def of_carried_commits(day: int) -> Iterator[str]:
    """Commits carried or not."""
    yield gone("deployment_commits", some(0.05, *DEPLOYMENT, "hash", salt=day))
    yield back("deployment_commits", some(0.5, *DEPLOYMENT, "hash", salt=day + 1))


def of_environments(day: int) -> Iterator[str]:
    """Environments of another name or kind."""
    one = f"select min(uuid) from {RAW}.environments where environment_type_name = 'Production'"
    yield changed("environments", f"name = 'day {day}'", some(0.5, "uuid", salt=day))
    yield changed("environments", "environment_type_name = 'Staging'", f"uuid = ({one})")


def of_runs(day: int) -> Iterator[str]:
    """Results, steps and attempts that were told late, runs that stand at another place in their branch."""
    key = ("repository_uuid", "uuid")
    yield changed("pipelines", "state_result_name = 'STOPPED'", some(0.03, *key, salt=day))
    yield changed("pipelines", "target_ref_name = 'hotfix/y'", some(0.03, *key, salt=day + 1))
    earlier = "created_on = created_on - interval '2' day"
    yield changed("pipelines", earlier, some(0.05, *key, salt=day + 2))
    yield changed("pipeline_steps", "state_result_name = 'FAILED'", some(0.03, *key, salt=day))
    yield gone("pipeline_steps", some(0.03, *key, salt=day + 1))
    yield changed("pipeline_step_attempts", "status = 'FAILED', build_seconds_used = 7", some(0.03, *STEP, salt=day))


def of_accounts(day: int) -> Iterator[str]:
    """Somebody turns out to be a bot, who opened or closed pull requests below which nothing hangs, but never both."""
    bare = "id > 1000"
    opened = f"select author_uuid from {RAW}.pull_requests where {bare} and closed_by_uuid is distinct from author_uuid"
    closed = f"select closed_by_uuid from {RAW}.pull_requests where {bare} and closed_by_uuid <> author_uuid"
    people = f"type = 'user' and uuid in ({opened}) and uuid in ({closed})"
    account = f"select uuid from {RAW}.users where {people} order by md5(uuid || '{day}') limit 1"
    yield changed("users", "type = 'app_user'", f"uuid = ({account})")


def of_repositories(day: int) -> Iterator[str]:
    """A repository that went, another that came back or has another default branch."""
    yield back("repositories", "true")
    with_any = f"uuid in (select repository_uuid from {RAW}.pull_requests)"
    repository = f"select uuid from {RAW}.repositories where {with_any} order by md5(uuid || '{day}') limit 1"
    yield gone("repositories", f"uuid = ({repository})")
    other = repository.replace("limit 1", "limit 1 offset 1")
    yield changed("repositories", "mainbranch_name = 'trunk'", f"uuid = ({other})")


def of_sources(day: int) -> Iterator[str]:
    """Sources that are gone, and heads that updates no longer tell; a commit that another pull request lists, too."""
    key = ("repository_uuid", "id")
    yield changed("pull_requests", "source_commit_hash = null", some(0.3, *key, salt=day))
    yield changed("pull_request_activity", "source_commit_hash = null", some(0.2, *PULL_REQUEST, "date", salt=day))
    listed = (
        f"select 1 from {RAW}.pull_request_commits other"
        " where other.repository_uuid = pull_request_commits.repository_uuid"
        " and other.pull_request_id = pull_request_commits.pull_request_id + 1"
        " and other.hash = pull_request_commits.hash"
    )
    yield came(
        "pull_request_commits",
        {"pull_request_id": "pull_request_id + 1"},
        f"position = 0 and pull_request_id % 7 = {day % 7} and not exists ({listed})",
        ("repository_uuid", "pull_request_id", "hash", "position", "date", "author_raw", "parent_count", "synced_at"),
    )


def of_steps_run_again(day: int) -> Iterator[str]:
    """Earlier attempts that were told late, some of them started by hand."""
    columns = ("status", "started_on", "completed_on", "trigger_type", "build_seconds_used", "synced_at")
    earlier = {"status": "'FAILED'", "started_on": "started_on - interval '2' hour", "build_seconds_used": "3"}
    for kind, trigger in enumerate(("manual", "automatic")):
        yield came(
            "pipeline_step_attempts",
            {
                **earlier,
                "completed_on": "completed_on - interval '2' hour",
                "trigger_type": f"'pipeline_step_trigger_{trigger}'",
            },
            f"status <> 'IN_PROGRESS' and {own(kind, 2, *STEP)} and {some(0.1, *STEP, salt=day)}",
            (*STEP, *columns),
        )
    yield changed(
        "pipeline_steps",
        "trigger_type = 'pipeline_step_trigger_redeploy'",
        some(0.05, "repository_uuid", "pipeline_uuid", "uuid", salt=day),
    )


def of_new_runs(day: int) -> Iterator[str]:
    """Runs between others of their branch that were told late; a repository without a default branch."""
    columns = ("repository_uuid", "uuid", "state_name", "state_result_name", "target_ref_type", "target_ref_name")
    yield came(
        "pipelines",
        {
            "uuid": "uuid || ' late'",
            "created_on": "created_on + interval '1' second",
            "state_result_name": "'FAILED'",
            "target_commit_hash": "'0'",
        },
        some(0.1, "repository_uuid", "uuid", salt=day),
        (*columns, "target_commit_hash", "created_on", "completed_on", "synced_at"),
    )
    yield changed("repositories", "mainbranch_name = null", f"uuid = (select min(uuid) from {RAW}.repositories)")


DAYS = (
    (of_pull_requests,),
    (of_commits, of_participants),
    (of_parents,),
    (of_listed_commits,),
    (of_trailers,),
    (of_deployments,),
    (of_runs, of_environments),
    (of_carried_commits,),
    (of_accounts,),
    (of_repositories,),
    (of_sources, of_new_runs),
    (of_steps_run_again,),
)
"""what comes on one day: what one subject leaves out would not be seen beside another that touches the same rows"""
