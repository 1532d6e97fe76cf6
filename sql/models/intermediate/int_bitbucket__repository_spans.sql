{%- set in_no_week = [
    'branch_restrictions', 'commit_statuses', 'default_reviewers', 'downloads', 'pipeline_schedules',
    'pipeline_test_cases', 'pipeline_test_reports', 'pull_request_tasks', 'report_annotations', 'reports',
    'repository_permissions', 'tags', 'webhooks',
] -%}
-- `--since` stands in the cursors; the newest of each list counts: one that goes further back takes its place
with cursors as (
    select
        repository_uuid,
        table_name,
        {{ first_match('cursor', '"since":"[0-9][^"]*"') }} as since,
        row_number() over (partition by repository_uuid, cursor_name order by synced_at desc) as age_rank
    from {{ ref('stg_bitbucket__sync_cursors') }}
    where
        table_name in ('pull_requests', 'pipelines', 'deployments', 'commits')
        and cursor_name = table_name
),

sinces as (
    select
        repository_uuid,
        max(cast(replace(substr(replace(since, '"', ''), 7, 19), 'T', ' ') as {{ type_timestamp_utc() }})) as since_at
    from cursors
    where age_rank = 1 and since is not null
    group by repository_uuid
),

-- what a sync could not read stands in its errors; several workspaces are synced each in its own time, and what happens
-- while a sync goes on, the next one may be the first to read
syncs as (
    select lower(workspace_slug) as workspace_slug, max(started_at) as started_at
    from {{ ref('stg_bitbucket__sync_runs') }}
    where exit_code in (0, 1) and is_whole
    group by lower(workspace_slug)
),

errors as (
    select repository_uuid, min(first_seen_at) as first_seen_at
    from {{ ref('stg_bitbucket__sync_errors') }}
    where
        resolved_at is null
        and repository_uuid is not null
        and table_name not in ('{{ in_no_week | join("', '") }}')
    group by repository_uuid
)

select
    repositories.repository_uuid,
    greatest(repositories.created_at, sinces.since_at) as history_starts_at,
    least(as_of.as_of_at, syncs.started_at, errors.first_seen_at, repositories.deleted_at) as read_until_at,
    {{ reporting_day('greatest(repositories.created_at, sinces.since_at)') }} as history_starts_day,
    {{ reporting_day('case when sinces.since_at > repositories.created_at then sinces.since_at end') }} as since_day,
    {{ reporting_day('least(as_of.as_of_at, syncs.started_at, errors.first_seen_at, repositories.deleted_at)') }}
        as read_until_day,
    repositories.deleted_at is not null as is_deleted
from {{ ref('stg_bitbucket__repositories') }} as repositories
cross join {{ ref('int_bitbucket__as_of') }} as as_of
left join syncs on syncs.workspace_slug = repositories.workspace_slug
left join sinces on sinces.repository_uuid = repositories.repository_uuid
left join errors on errors.repository_uuid = repositories.repository_uuid
