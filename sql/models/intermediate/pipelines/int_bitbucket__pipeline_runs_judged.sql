{{ config(**rebuilt_where_touched('runs')) }}
with steps as (
    select
        *,
        row_number() over (
            partition by repository_uuid, pipeline_uuid
            order by case when started_at is null then 1 else 0 end, step_position, step_uuid
        ) as started_rank
    from {{ ref('int_bitbucket__pipeline_steps_sequenced') }} as steps
    where {{ only_touched('runs', 'steps') }}
),

counted as (
    select
        repository_uuid,
        pipeline_uuid,
        count(*) as step_count,
        count(case when not is_automatic then 1 end) as not_automatic_count,
        count(case when is_in_automatic_part and result = 'SUCCESSFUL' then 1 end) as successful_count,
        count(case when is_in_automatic_part and result = 'FAILED' then 1 end) as failed_count,
        count(case when is_in_automatic_part and result = 'ERROR' then 1 end) as error_count,
        count(case when is_in_automatic_part and result = 'STOPPED' then 1 end) as stopped_count,
        count(case when is_in_automatic_part and result = 'EXPIRED' then 1 end) as expired_count,
        count(case when is_in_automatic_part and result = 'NOT_RUN' then 1 end) as not_run_count,
        count(case when is_in_automatic_part and result is null then 1 end) as unfinished_count,
        max(case when is_in_automatic_part then completed_at end) as automatic_completed_at,
        min(started_at) as first_step_started_at,
        max(case when started_rank = 1 then queue_seconds end) as queue_seconds
    from steps
    group by repository_uuid, pipeline_uuid
),

judged as (
    select
        runs.repository_uuid,
        runs.pipeline_uuid,
        runs.completed_at,
        coalesce(counted.step_count, 0) as step_count,
        coalesce(counted.not_automatic_count, 0) as not_automatic_step_count,
        counted.automatic_completed_at,
        counted.first_step_started_at,
        counted.queue_seconds,
        case
            when coalesce(counted.not_automatic_count, 0) = 0 then runs.result
            when counted.failed_count > 0 then 'FAILED'
            when counted.error_count > 0 then 'ERROR'
            when counted.stopped_count > 0 then 'STOPPED'
            when counted.expired_count > 0 then 'EXPIRED'
            when counted.unfinished_count > 0 then runs.result
            -- ended before the manual step was reached, and not by a failure of a step
            when counted.not_run_count > 0 and runs.result in ('STOPPED', 'EXPIRED', 'ERROR') then runs.result
            when counted.successful_count > 0 then 'SUCCESSFUL'
            else runs.result
        end as automatic_result
    from {{ ref('stg_bitbucket__pipelines') }} as runs
    left join counted
        on counted.repository_uuid = runs.repository_uuid and counted.pipeline_uuid = runs.pipeline_uuid
    where {{ only_touched('runs', 'runs') }}
)

select
    repository_uuid,
    pipeline_uuid,
    step_count,
    not_automatic_step_count,
    first_step_started_at,
    queue_seconds,
    automatic_result,
    case
        when automatic_result is null then null
        when not_automatic_step_count = 0 then completed_at
        else coalesce(automatic_completed_at, completed_at)
    end as automatic_completed_at
from judged
