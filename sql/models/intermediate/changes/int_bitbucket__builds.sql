{{ config(materialized=incremental_or_table(), incremental_strategy='append', on_schema_change='sync_all_columns') }}
-- the last model of a build: what failed before it is read again by the next.
{%- for fact in ['commits', 'deployments', 'pipeline_runs', 'pipeline_steps', 'pull_requests', 'pull_request_reviews'] %}
-- depends_on: {{ ref('bitbucket__fct_' ~ fact) }}
{%- endfor %}
{%- set started = utc_literal(run_started_at.isoformat()) %}
{#- a build that leaves models out does not count: what changed for them is read again by the next #}
{%- set left_out = [] %}
{%- for node in bitbucket_source.own_models() if node.config.materialized == 'incremental' %}
    {%- if node.unique_id not in selected_resources %}
        {%- do left_out.append(node.name) %}
    {%- endif %}
{%- endfor %}

-- rows of a sync become visible after the moment they carry: it holds the next build back until it has ended, and one
-- that was killed until a later one of its workspace has (that loads what the killed one left)
with unfinished as (
    select min(runs.started_at) as started_at
    from {{ ref('stg_bitbucket__sync_runs') }} as runs
    where
        (runs.ended_at is null or runs.ended_at >= {{ started }})
        and not exists (
            select 1
            from {{ ref('stg_bitbucket__sync_runs') }} as later
            where
                later.workspace_slug = runs.workspace_slug
                and later.started_at > runs.started_at
                and later.ended_at < {{ started }}
        )
)

select
    '{{ invocation_id }}' as build_id,
    {{ started }} as started_at,
    begun.settings_digest,
    least({{ started }}, unfinished.started_at) as built_until_at
from unfinished
cross join {{ ref('int_bitbucket__build_begun') }} as begun
where {{ 'false' if left_out else 'true' }}
