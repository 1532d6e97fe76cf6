with runs as (
    select
        *,
        {{ week_start('automatic_completed_day') }} as week_start_day,
        {{ seconds_between('created_at', 'automatic_completed_at') }} as automatic_seconds
    from {{ ref('bitbucket__fct_pipeline_runs') }}
    where automatic_completed_day is not null and not is_deleted
),

judged as (
    select
        repository_uuid,
        week_start_day,
        count(is_successful) as judged_count,
        count(case when is_successful then 1 end) as successful_count,
        count(case when automatic_result = 'FAILED' then 1 end) as failed_count,
        count(case when automatic_result = 'ERROR' then 1 end) as error_count,
        count(case when automatic_result = 'STOPPED' then 1 end) as stopped_count,
        count(case when automatic_result = 'EXPIRED' then 1 end) as expired_count,
        {{ ratio('count(case when is_successful then 1 end)', 'count(is_successful)') }} as success_rate,
        count(case when is_on_default_branch then is_successful end) as default_branch_judged_count,
        {{ ratio(
            'count(case when is_on_default_branch and is_successful then 1 end)',
            'count(case when is_on_default_branch then is_successful end)'
        ) }} as default_branch_success_rate,
        {%- for share in [50, 75, 90] %}
        {{ percentile(share / 100, 'case when is_successful is not null then automatic_seconds end') }}
            as automatic_seconds_p{{ share }},
        {%- endfor %}
        {%- for share in [50, 75, 90] %}
        {{ percentile(share / 100, 'queue_seconds') }} as queue_seconds_p{{ share }},
        {%- endfor %}
        {{ percentile(0.5, 'running_seconds') }} as running_seconds_p50,
        sum(build_minutes) as build_minutes,
        {{ cost_of('cost', 'currency') }} as cost,
        {{ currency_of('currency') }} as currency
    from runs
    group by repository_uuid, week_start_day
),

broken as (
    select
        repository_uuid,
        {{ week_start('broke_day') }} as week_start_day,
        count(*) as breakage_count,
        count(case when is_open then 1 end) as open_breakage_count,
        {{ percentile(0.5, 'red_hours') }} as recovery_hours_p50
    from {{ ref('bitbucket__fct_branch_breakages') }}
    group by repository_uuid, {{ week_start('broke_day') }}
)

select
    weeks.repository_uuid,
    weeks.week_start_day,
    weeks.is_complete,
    coalesce(judged.judged_count, 0) as judged_count,
    coalesce(judged.successful_count, 0) as successful_count,
    coalesce(judged.failed_count, 0) as failed_count,
    coalesce(judged.error_count, 0) as error_count,
    coalesce(judged.stopped_count, 0) as stopped_count,
    coalesce(judged.expired_count, 0) as expired_count,
    judged.success_rate,
    coalesce(judged.default_branch_judged_count, 0) as default_branch_judged_count,
    judged.default_branch_success_rate,
    judged.automatic_seconds_p50,
    judged.automatic_seconds_p75,
    judged.automatic_seconds_p90,
    judged.queue_seconds_p50,
    judged.queue_seconds_p75,
    judged.queue_seconds_p90,
    judged.running_seconds_p50,
    judged.build_minutes,
    judged.cost,
    judged.currency,
    coalesce(broken.breakage_count, 0) as breakage_count,
    coalesce(broken.open_breakage_count, 0) as open_breakage_count,
    broken.recovery_hours_p50
from {{ ref('int_bitbucket__repository_weeks') }} as weeks
left join judged
    on judged.repository_uuid = weeks.repository_uuid and judged.week_start_day = weeks.week_start_day
left join broken
    on broken.repository_uuid = weeks.repository_uuid and broken.week_start_day = weeks.week_start_day
