{%- set tables = [
    'workspaces', 'projects', 'workspace_members', 'users', 'repositories', 'branches', 'tags', 'commits',
    'commit_parents', 'commit_trailers', 'pull_requests', 'pull_request_participants', 'pull_request_activity',
    'pull_request_activity_reviewers', 'pull_request_comments', 'pull_request_commits', 'pull_request_files',
    'pull_request_tasks', 'pipelines', 'pipeline_steps', 'pipeline_step_attempts', 'pipeline_test_reports',
    'pipeline_test_cases', 'pipeline_schedules', 'environments', 'deployments', 'deployment_attempts',
    'deployment_commits', 'commit_statuses', 'reports', 'report_annotations', 'default_reviewers',
    'branch_restrictions', 'repository_permissions', 'webhooks', 'downloads',
] -%}

with complete_syncs as (
    select max(ended_at) as ended_at
    from {{ ref('stg_bitbucket__sync_runs') }}
    where exit_code = 0 and is_whole
),

rows_synced as (
    {%- for table in tables %}
    select max(synced_at) as synced_at from {{ ref('stg_bitbucket__' ~ table) }}
    {{ "union all" if not loop.last }}
    {%- endfor %}
),

newest_row as (
    select max(synced_at) as synced_at from rows_synced
)

select
    {% if var('as_of', none) is not none -%}
    {{ utc_literal(var('as_of')) }} as as_of_at
    {%- else -%}
    coalesce(complete_syncs.ended_at, newest_row.synced_at) as as_of_at
    {%- endif %}
from complete_syncs
cross join newest_row
