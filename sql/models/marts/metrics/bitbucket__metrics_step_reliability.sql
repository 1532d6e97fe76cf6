with attempts as (
    select
        steps.repository_uuid,
        coalesce(runs.selector_type, '') as selector_type,
        coalesce(runs.selector_pattern, '') as selector_pattern,
        coalesce(steps.step_name, '') as step_name,
        steps.result,
        steps.is_flaky,
        steps.running_seconds,
        steps.queue_seconds,
        steps.build_minutes,
        steps.cost,
        steps.currency,
        steps.completed_at,
        case when steps.result in ('SUCCESSFUL', 'FAILED', 'ERROR') then 1 end as judged
    from {{ ref('bitbucket__fct_pipeline_steps') }} as steps
    inner join {{ ref('bitbucket__fct_pipeline_runs') }} as runs
        on runs.repository_uuid = steps.repository_uuid and runs.pipeline_uuid = steps.pipeline_uuid
    cross join {{ ref('int_bitbucket__as_of') }} as as_of
    where
        steps.completed_at <= as_of.as_of_at
        and {{ hours_between('steps.completed_at', 'as_of.as_of_at') }}
        < {{ var('bitbucket_step_days', 90) }} * 24
        and not steps.is_deleted
        and not runs.is_deleted
)

select
    repository_uuid,
    selector_type,
    selector_pattern,
    step_name,
    count(judged) as judged_count,
    count(case when result = 'SUCCESSFUL' then 1 end) as successful_count,
    count(case when result = 'FAILED' then 1 end) as failed_count,
    count(case when result = 'ERROR' then 1 end) as error_count,
    count(case when result = 'FAILED' and is_flaky then 1 end) as flaky_failure_count,
    {{ ratio("count(case when result in ('FAILED', 'ERROR') then 1 end)", 'count(judged)') }} as failure_rate,
    {{ ratio("count(case when result = 'FAILED' and is_flaky then 1 end)", 'count(judged)') }} as flaky_failure_rate,
    {{ percentile(0.5, 'running_seconds') }} as running_seconds_p50,
    {{ percentile(0.75, 'running_seconds') }} as running_seconds_p75,
    {{ percentile(0.9, 'running_seconds') }} as running_seconds_p90,
    {{ percentile(0.5, 'queue_seconds') }} as queue_seconds_p50,
    sum(build_minutes) as build_minutes,
    {{ cost_of('cost', 'currency') }} as cost,
    {{ currency_of('currency') }} as currency,
    max(case when result = 'FAILED' then completed_at end) as last_failed_at
from attempts
group by repository_uuid, selector_type, selector_pattern, step_name
