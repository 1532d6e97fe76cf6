{{ config(**rebuilt_where_touched('runs')) }}
with steps as (
    select *
    from {{ ref('stg_bitbucket__pipeline_steps') }} as steps
    where not is_deleted and {{ only_touched('runs', 'steps') }}
),

attempts as (
    select *
    from {{ ref('int_bitbucket__pipeline_step_attempts') }} as attempts
    where not is_deleted and {{ only_touched('runs', 'attempts') }}
),

-- a step that is run again is triggered by a redeploy: only its first attempt tells whether it was manual
manual_steps as (
    select repository_uuid, pipeline_uuid, step_uuid, step_position
    from steps
    where
        trigger_type = 'pipeline_step_trigger_manual'
        or (repository_uuid, pipeline_uuid, step_uuid) in (
            select repository_uuid, pipeline_uuid, step_uuid
            from attempts
            where trigger_type = 'pipeline_step_trigger_manual'
        )
),

-- what is run again after it succeeded (a redeploy) had succeeded all the same
successes as (
    select
        repository_uuid,
        pipeline_uuid,
        step_uuid,
        min(case when result = 'SUCCESSFUL' then completed_at end) as completed_at,
        count(*) as attempt_count
    from attempts
    group by repository_uuid, pipeline_uuid, step_uuid
),

first_manual_steps as (
    select
        repository_uuid,
        pipeline_uuid,
        min(step_position) as step_position
    from manual_steps
    group by repository_uuid, pipeline_uuid
),

-- steps run in parallel, and again: what a step waited for is what had ended when it started, not the step before it
predecessors as (
    select
        steps.repository_uuid,
        steps.pipeline_uuid,
        steps.step_uuid,
        max(earlier.completed_at) as completed_at
    from steps
    inner join attempts as earlier
        on earlier.repository_uuid = steps.repository_uuid
        and earlier.pipeline_uuid = steps.pipeline_uuid
        and earlier.step_uuid <> steps.step_uuid
        and earlier.completed_at <= steps.started_at
    group by steps.repository_uuid, steps.pipeline_uuid, steps.step_uuid
),

placed as (
    select
        steps.repository_uuid,
        steps.pipeline_uuid,
        steps.step_uuid,
        steps.step_position,
        case when successes.completed_at is not null then 'SUCCESSFUL' else steps.result end as result,
        steps.started_at,
        coalesce(successes.completed_at, steps.completed_at) as completed_at,
        successes.attempt_count,
        coalesce(predecessors.completed_at, runs.created_at) as could_start_at,
        coalesce(
            steps.trigger_type not in ('pipeline_step_trigger_manual', 'pipeline_step_trigger_redeploy'), true
        ) as is_automatic,
        manual_steps.step_uuid is not null as is_manual,
        coalesce(steps.step_position < first_manual_steps.step_position, true) as is_before_first_manual
    from steps
    inner join {{ ref('stg_bitbucket__pipelines') }} as runs
        on runs.repository_uuid = steps.repository_uuid and runs.pipeline_uuid = steps.pipeline_uuid
    left join first_manual_steps
        on first_manual_steps.repository_uuid = steps.repository_uuid
        and first_manual_steps.pipeline_uuid = steps.pipeline_uuid
    left join manual_steps
        on manual_steps.repository_uuid = steps.repository_uuid
        and manual_steps.pipeline_uuid = steps.pipeline_uuid
        and manual_steps.step_uuid = steps.step_uuid
    left join successes
        on successes.repository_uuid = steps.repository_uuid
        and successes.pipeline_uuid = steps.pipeline_uuid
        and successes.step_uuid = steps.step_uuid
    left join predecessors
        on predecessors.repository_uuid = steps.repository_uuid
        and predecessors.pipeline_uuid = steps.pipeline_uuid
        and predecessors.step_uuid = steps.step_uuid
)

select
    repository_uuid,
    pipeline_uuid,
    step_uuid,
    step_position,
    result,
    started_at,
    -- when it succeeded first is not known of one whose earlier attempts no sync saw
    case when is_automatic or is_manual or attempt_count > 1 or result <> 'SUCCESSFUL' then completed_at end
        as completed_at,
    is_automatic,
    is_manual,
    not is_manual and is_before_first_manual as is_in_automatic_part,
    case when is_automatic then {{ seconds_between('could_start_at', 'started_at') }} end as queue_seconds
from placed
