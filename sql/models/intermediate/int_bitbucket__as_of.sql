{%- set tables = [
    'workspaces', 'projects', 'workspace_members', 'users', 'repositories', 'branches', 'tags', 'commits',
    'commit_parents', 'pull_requests', 'pull_request_participants', 'pipelines', 'pipeline_steps',
] -%}

with complete_syncs as (
    select max(ended_at) as ended_at
    from {{ ref('stg_bitbucket__sync_runs') }}
    where exit_code = 0
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
