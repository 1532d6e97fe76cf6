"""Five questions people come for, each answered in SQL and in pandas: shown in `docs/metrics.md`, run by a test."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Question:
    """A question and two programs that give the same table as answer."""

    title: str
    sql: str
    """a query for DuckDB and Postgres"""
    pandas: str
    """a script that leaves the table in `answer`; `marts` is a connection to the DuckDB file"""


QUESTIONS = (
    Question(
        "How long do reviews take?",
        """\
select
    r.full_name,
    count(*) as reviewed,
    percentile_cont(0.5) within group (order by p.pickup_hours) as pickup_hours,
    percentile_cont(0.5) within group (order by p.review_hours) as review_hours,
    percentile_cont(0.5) within group (order by p.merge_wait_hours) as merge_wait_hours
from bitbucket_marts.fct_pull_requests as p
inner join bitbucket_marts.dim_repositories as r on r.repository_uuid = p.repository_uuid
where p.was_reviewed and not p.is_bot_author
group by r.full_name
order by r.full_name""",
        """\
pull_requests = marts.sql("from bitbucket_marts.fct_pull_requests").df()
repositories = marts.sql("from bitbucket_marts.dim_repositories").df()
reviewed = pull_requests[(pull_requests.was_reviewed == True) & ~pull_requests.is_bot_author]
grouped = reviewed.merge(repositories[["repository_uuid", "full_name"]]).groupby("full_name")
answer = grouped[["pickup_hours", "review_hours", "merge_wait_hours"]].median()
answer.insert(0, "reviewed", grouped.size())
answer = answer.reset_index()""",
    ),
    Question(
        "Why did the build get slow?",
        """\
select
    s.step_name,
    extract(year from s.completed_day) * 100 + extract(month from s.completed_day) as year_month,
    count(*) as attempts,
    percentile_cont(0.5) within group (order by s.running_seconds) as running_seconds,
    percentile_cont(0.5) within group (order by s.queue_seconds) as queue_seconds
from bitbucket_marts.fct_pipeline_steps as s
where s.result = 'SUCCESSFUL' and s.step_name is not null
group by s.step_name, extract(year from s.completed_day) * 100 + extract(month from s.completed_day)
order by 1, 2""",
        """\
steps = marts.sql("from bitbucket_marts.fct_pipeline_steps").df()
steps = steps[(steps.result == "SUCCESSFUL") & steps.step_name.notna()]
steps["year_month"] = steps.completed_day.dt.year * 100 + steps.completed_day.dt.month
grouped = steps.groupby(["step_name", "year_month"])
answer = grouped[["running_seconds", "queue_seconds"]].median()
answer.insert(0, "attempts", grouped.size())
answer = answer.reset_index()""",
    ),
    Question(
        "How often do we ship?",
        """\
select
    d.scope_name,
    d.period_start_day,
    d.release_count,
    d.releases_per_week,
    d.deployment_frequency_category,
    d.change_lead_time_hours_p50,
    d.change_lead_time_n
from bitbucket_marts.metrics_dora as d
where d.scope_type = 'service' and d.period_type = 'month' and d.is_complete
order by d.scope_name, d.period_start_day""",
        """\
dora = marts.sql("from bitbucket_marts.metrics_dora").df()
months = dora[(dora.scope_type == "service") & (dora.period_type == "month") & dora.is_complete]
answer = months.sort_values(["scope_name", "period_start_day"], ignore_index=True)[
    [
        "scope_name",
        "period_start_day",
        "release_count",
        "releases_per_week",
        "deployment_frequency_category",
        "change_lead_time_hours_p50",
        "change_lead_time_n",
    ]
]""",
    ),
    Question(
        "How often does it break, and for how long?",
        """\
select
    v.service_name,
    count(case when b.metric = 'change_fail_rate' then 1 end) as judged,
    count(case when b.metric = 'change_fail_rate' and b.value = 1 then 1 end) as failed,
    percentile_cont(0.5) within group (order by case when b.metric <> 'change_fail_rate' then b.value end)
        as recovery_hours
from bitbucket_marts.metrics_dora_rows as b
inner join bitbucket_marts.dim_services as v on v.service_key = b.service_key
where b.metric in ('change_fail_rate', 'failed_deployment_recovery_time') and b.was_counted
group by v.service_name
order by v.service_name""",
        """\
services = marts.sql("from bitbucket_marts.dim_services").df()
behind = marts.sql("from bitbucket_marts.metrics_dora_rows where was_counted").df()
behind = behind.merge(services[["service_key", "service_name"]])
judged = behind[behind.metric == "change_fail_rate"].groupby("service_name")["value"]
recovered = behind[behind.metric == "failed_deployment_recovery_time"].groupby("service_name")["value"]
answer = judged.agg(judged="size", failed="sum").astype(int)
answer["recovery_hours"] = recovered.median()
answer = answer.reset_index()""",
    ),
    Question(
        "Who knows this code?",
        """\
select
    r.full_name,
    c.display_name,
    count(*) as commits,
    max(m.committed_at) as last_commit_at
from bitbucket_marts.fct_commits as m
inner join bitbucket_marts.dim_contributors as c on c.contributor_key = m.contributor_key
inner join bitbucket_marts.dim_repositories as r on r.repository_uuid = m.repository_uuid
where not m.is_merge and not m.is_deleted and not c.is_bot and not r.is_deleted
group by r.full_name, c.contributor_key, c.display_name
order by r.full_name, commits desc, c.contributor_key""",
        """\
commits = marts.sql("from bitbucket_marts.fct_commits").df()
contributors = marts.sql("from bitbucket_marts.dim_contributors where not is_bot").df()
repositories = marts.sql("from bitbucket_marts.dim_repositories where not is_deleted").df()
known = commits[~commits.is_merge & ~commits.is_deleted]
known = known.merge(contributors[["contributor_key", "display_name"]]).merge(
    repositories[["repository_uuid", "full_name"]]
)
answer = (
    known.groupby(["full_name", "contributor_key", "display_name"])
    .agg(commits=("commit_hash", "size"), last_commit_at=("committed_at", "max"))
    .reset_index()
)
answer = answer.sort_values(
    ["full_name", "commits", "contributor_key"], ascending=[True, False, True], ignore_index=True
).drop(columns="contributor_key")""",
    ),
)
