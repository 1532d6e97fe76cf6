{%- set same_step = [
    'repository_uuid', 'commit_hash', 'ref_type', 'ref_name', 'pull_request_id', 'selector_type', 'selector_pattern',
    'stay', 'step_name', 'step_position',
] -%}
-- most runs are of commits on which nothing failed: only the others, and what ran on their refs, are looked at closely
with runs as (
    select
        repository_uuid,
        pipeline_uuid,
        commit_hash,
        coalesce(ref_type, '') as ref_type,
        coalesce(ref_name, '') as ref_name,
        coalesce(pull_request_id, 0) as pull_request_id,
        coalesce(selector_type, '') as selector_type,
        coalesce(selector_pattern, '') as selector_pattern,
        coalesce(has_variables, false) as has_variables,
        created_at
    from {{ ref('stg_bitbucket__pipelines') }}
    where commit_hash is not null
),

failed as (
    select distinct repository_uuid, ref_type, ref_name, pull_request_id, commit_hash
    from runs
    where (repository_uuid, pipeline_uuid) in (
        select repository_uuid, pipeline_uuid from {{ ref('int_bitbucket__pipeline_step_attempts') }}
        where result = 'FAILED'
    )
),

placed as (
    select
        *,
        lag(commit_hash) over (
            partition by repository_uuid, ref_type, ref_name, pull_request_id
            order by created_at, pipeline_uuid
        ) as previous_commit_hash
    from runs
    where (repository_uuid, ref_type, ref_name, pull_request_id) in (
        select repository_uuid, ref_type, ref_name, pull_request_id from failed
    )
),

-- runs of one ref in a row on one commit are a stay: a push ends it, even if the commit comes back
stays as (
    select
        *,
        sum(case when previous_commit_hash = commit_hash then 0 else 1 end) over (
            partition by repository_uuid, ref_type, ref_name, pull_request_id
            order by created_at, pipeline_uuid
            rows between unbounded preceding and current row
        ) as stay
    from placed
),

-- run again, it is triggered by a redeploy
started_by_hand as (
    select distinct repository_uuid, pipeline_uuid, step_uuid
    from {{ ref('int_bitbucket__pipeline_step_attempts') }}
    where trigger_type = 'pipeline_step_trigger_manual'
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
        stays.ref_type,
        stays.ref_name,
        stays.pull_request_id,
        stays.selector_type,
        stays.selector_pattern,
        stays.stay
    from failed
    inner join stays
        on stays.repository_uuid = failed.repository_uuid
        and stays.ref_type = failed.ref_type
        and stays.ref_name = failed.ref_name
        and stays.pull_request_id = failed.pull_request_id
        and stays.commit_hash = failed.commit_hash
    inner join {{ ref('int_bitbucket__pipeline_step_attempts') }} as attempts
        on attempts.repository_uuid = stays.repository_uuid and attempts.pipeline_uuid = stays.pipeline_uuid
    left join started_by_hand
        on started_by_hand.repository_uuid = attempts.repository_uuid
        and started_by_hand.pipeline_uuid = attempts.pipeline_uuid
        and started_by_hand.step_uuid = attempts.step_uuid
    where
        attempts.result in ('SUCCESSFUL', 'FAILED')
        and started_by_hand.step_uuid is null
        and not stays.has_variables
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
