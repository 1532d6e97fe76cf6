{%- set same_step = [
    'repository_uuid', 'commit_hash', 'ref_type', 'ref_name', 'pull_request_id', 'selector_type', 'selector_pattern',
    'stay', 'step_name', 'step_position',
] -%}
-- runs of one ref in a row on one commit are a stay: a push ends it, even if the commit comes back
with runs as (
    select
        repository_uuid,
        pipeline_uuid,
        commit_hash,
        ref_type,
        ref_name,
        selector_type,
        selector_pattern,
        has_variables,
        created_at,
        lag(commit_hash) over (
            partition by repository_uuid, ref_type, ref_name, pull_request_id
            order by created_at, pipeline_uuid
        ) as previous_commit_hash,
        pull_request_id
    from {{ ref('stg_bitbucket__pipelines') }}
    where commit_hash is not null
),

stays as (
    select
        *,
        sum(case when previous_commit_hash = commit_hash then 0 else 1 end) over (
            partition by repository_uuid, ref_type, ref_name, pull_request_id
            order by created_at, pipeline_uuid
            rows between unbounded preceding and current row
        ) as stay
    from runs
),

outcomes as (
    select
        attempts.repository_uuid,
        attempts.pipeline_uuid,
        attempts.step_uuid,
        attempts.started_at,
        attempts.result,
        coalesce(attempts.step_name, '') as step_name,
        coalesce(attempts.step_position, -1) as step_position,
        stays.commit_hash,
        coalesce(stays.ref_type, '') as ref_type,
        coalesce(stays.ref_name, '') as ref_name,
        coalesce(stays.pull_request_id, 0) as pull_request_id,
        coalesce(stays.selector_type, '') as selector_type,
        coalesce(stays.selector_pattern, '') as selector_pattern,
        stays.stay
    from {{ ref('int_bitbucket__pipeline_step_attempts') }} as attempts
    inner join stays
        on stays.repository_uuid = attempts.repository_uuid and stays.pipeline_uuid = attempts.pipeline_uuid
    where
        attempts.result in ('SUCCESSFUL', 'FAILED')
        and coalesce(attempts.trigger_type, '') <> 'pipeline_step_trigger_manual'
        and not coalesce(stays.has_variables, false)
),

of_both_kinds as (
    select {{ same_step | join(', ') }}
    from outcomes
    group by {{ same_step | join(', ') }}
    having
        max(case when result = 'FAILED' then 1 else 0 end) = 1
        and max(case when result = 'SUCCESSFUL' then 1 else 0 end) = 1
)

select
    outcomes.repository_uuid,
    outcomes.pipeline_uuid,
    outcomes.step_uuid,
    outcomes.started_at
from outcomes
inner join of_both_kinds
    on
        {%- for column in same_step %}
        of_both_kinds.{{ column }} = outcomes.{{ column }} {{ "and" if not loop.last }}
        {%- endfor %}
