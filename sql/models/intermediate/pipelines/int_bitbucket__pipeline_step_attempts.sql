{{ config(**rebuilt_where_touched('runs')) }}
-- the attempts that were seen, and where that table was not synced the newest ones, which steps keep
with steps as (
    select *
    from {{ ref('stg_bitbucket__pipeline_steps') }} as steps
    where {{ only_touched('runs', 'steps') }}
),

seen as (
    select
        repository_uuid, pipeline_uuid, step_uuid, status, run_number, trigger_type, build_seconds_used,
        running_seconds, started_at, completed_at, 0 as source_rank
    from {{ ref('stg_bitbucket__pipeline_step_attempts') }} as attempts
    where {{ only_touched('runs', 'attempts') }}

    union all

    select
        repository_uuid, pipeline_uuid, step_uuid, coalesce(result, state), run_number, trigger_type,
        build_seconds_used, running_seconds, started_at, completed_at, 1
    from steps
    where started_at is not null
),

-- an attempt seen while it ran and again when it had ended is one
ranked as (
    select
        *,
        row_number() over (
            partition by repository_uuid, pipeline_uuid, step_uuid, started_at
            order by
                case when status in ('IN_PROGRESS', 'PENDING', 'READY') then 1 else 0 end,
                case when completed_at is null then 1 else 0 end,
                completed_at desc,
                status,
                source_rank
        ) as seen_rank
    from seen
),

-- Bitbucket adds the seconds of a step's earlier attempts; one that was only seen while it ran may tell none
attempts as (
    select
        *,
        max(build_seconds_used) over (
            partition by repository_uuid, pipeline_uuid, step_uuid
            order by started_at
            rows between unbounded preceding and 1 preceding
        ) as earlier_build_seconds,
        lead(started_at) over (
            partition by repository_uuid, pipeline_uuid, step_uuid order by started_at
        ) as next_started_at
    from ranked
    where seen_rank = 1
)

select
    attempts.repository_uuid,
    attempts.pipeline_uuid,
    attempts.step_uuid,
    attempts.started_at,
    steps.step_position,
    steps.step_name,
    attempts.run_number,
    attempts.trigger_type,
    coalesce(
        attempts.trigger_type not in ('pipeline_step_trigger_manual', 'pipeline_step_trigger_redeploy'), true
    ) as is_automatic,
    attempts.status as result,
    attempts.completed_at,
    attempts.running_seconds,
    case
        when attempts.build_seconds_used >= attempts.earlier_build_seconds
            then attempts.build_seconds_used - attempts.earlier_build_seconds
        else attempts.build_seconds_used
    end as build_seconds_used,
    attempts.next_started_at is null as is_latest_attempt,
    coalesce(steps.is_deleted, true) as is_deleted
from attempts
left join steps
    on steps.repository_uuid = attempts.repository_uuid
    and steps.pipeline_uuid = attempts.pipeline_uuid
    and steps.step_uuid = attempts.step_uuid
