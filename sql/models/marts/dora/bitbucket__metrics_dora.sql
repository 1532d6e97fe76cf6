{%- set smallest_n = 5 -%}

with scopes as (
    select
        'service' as scope_type,
        services.service_key as scope_key,
        services.service_name as scope_name,
        rows_behind.*
    from {{ ref('bitbucket__metrics_dora_rows') }} as rows_behind
    inner join {{ ref('bitbucket__dim_services') }} as services on services.service_key = rows_behind.service_key

    union all

    select
        'project',
        coalesce(
            repositories.project_uuid,
            {{ dbt.concat(['repositories.workspace_slug', "'/'", 'repositories.project_key']) }},
            repositories.workspace_slug,
            ''
        ),
        coalesce(repositories.project_name, repositories.project_key, 'no project'),
        rows_behind.*
    from {{ ref('bitbucket__metrics_dora_rows') }} as rows_behind
    inner join {{ ref('bitbucket__dim_repositories') }} as repositories
        on repositories.repository_uuid = rows_behind.repository_uuid
),

dated as (
    select scopes.*, 'week' as period_type, week_start_day as period_start_day from scopes
    where counted_day is not null

    union all

    select scopes.*, 'month', month_start_day from scopes
    where counted_day is not null
),

periods as (
    select distinct
        'week' as period_type,
        week_start_day as period_start_day,
        {{ add_days('week_start_day', 7) }} as period_end_day
    from {{ ref('bitbucket__dim_dates') }}

    union all

    select distinct
        'month',
        month_start_day,
        {{ month_start(add_days('month_start_day', 32)) }}
    from {{ ref('bitbucket__dim_dates') }}
),

extents as (
    select
        scopes.scope_type,
        scopes.scope_key,
        max(scopes.scope_name) as scope_name,
        min(scopes.counted_day) as first_day,
        -- one that was created later cuts nothing, nor does one that is deleted: nothing is missing
        greatest(min(spans.history_starts_day), max(spans.since_day)) as history_starts_day,
        coalesce(
            min(case when not spans.is_deleted then spans.read_until_day end), max(spans.read_until_day)
        ) as read_until_day
    from scopes
    inner join {{ ref('int_bitbucket__repository_spans') }} as spans
        on spans.repository_uuid = scopes.repository_uuid
    -- what was not counted begins no series
    where scopes.was_counted
    group by scopes.scope_type, scopes.scope_key
),

calendar as (
    select
        extents.scope_type,
        extents.scope_key,
        extents.scope_name,
        periods.period_type,
        periods.period_start_day,
        {{ days_between('periods.period_start_day', 'periods.period_end_day') }} as period_days,
        coalesce(
            periods.period_end_day <= extents.read_until_day
            and periods.period_start_day >= extents.history_starts_day,
            false
        ) as is_complete
    from extents
    cross join {{ ref('int_bitbucket__as_of') }} as as_of
    inner join periods
        on periods.period_end_day > extents.first_day
        and periods.period_start_day <= {{ reporting_day('as_of.as_of_at') }}
),

measured as (
    select
        scope_type,
        scope_key,
        period_type,
        period_start_day,
        count(case when metric = 'deployment_frequency' and was_counted then 1 end) as release_count,
        count(distinct case when metric = 'deployment_frequency' then counted_day end) as deployment_day_count,
        {{ percentile(0.5, "case when metric = 'change_lead_time' and was_counted then value end") }}
            as change_lead_time_hours_p50,
        count(case when metric = 'change_lead_time' and was_counted then 1 end) as change_lead_time_n,
        count(case
            when
                metric = 'change_lead_time'
                and coalesce(reason, '') not in ('author is a bot', 'its commits came through other pull requests')
                then 1
        end) as change_lead_time_candidates,
        {{ percentile(0.5, "case when metric = 'commit_lead_time' and was_counted then value end") }}
            as commit_lead_time_hours_p50,
        count(case when metric = 'commit_lead_time' and was_counted then 1 end) as commit_lead_time_n,
        sum(case when metric = 'change_fail_rate' and was_counted then value end) as change_failure_count,
        count(case when metric = 'change_fail_rate' and was_counted then 1 end) as change_fail_rate_n,
        count(case when metric = 'change_fail_rate' then 1 end) as change_fail_rate_candidates,
        {{ percentile(0.5, "case when metric = 'failed_deployment_recovery_time' and was_counted then value end") }}
            as recovery_time_hours_p50,
        count(case when metric = 'failed_deployment_recovery_time' and was_counted then 1 end) as recovery_time_n,
        count(case when metric = 'failed_deployment_recovery_time' and not was_counted then 1 end)
            as open_failure_count,
        sum(case when metric = 'deployment_rework_rate' and was_counted then value end) as rework_count,
        count(case when metric = 'deployment_rework_rate' and was_counted then 1 end) as deployment_rework_rate_n,
        sum(case when metric = 'failed_attempts' and was_counted then value end) as failed_attempt_count,
        count(case when metric = 'failed_attempts' and was_counted then 1 end) as attempt_count
    from dated
    group by scope_type, scope_key, period_type, period_start_day
),

rated as (
    select
        calendar.scope_type,
        calendar.scope_key,
        calendar.scope_name,
        calendar.period_type,
        calendar.period_start_day,
        calendar.is_complete,
        coalesce(measured.release_count, 0) as release_count,
        {{ ratio('coalesce(measured.release_count, 0) * 7', 'calendar.period_days') }} as releases_per_week,
        coalesce(measured.deployment_day_count, 0) as deployment_day_count,
        measured.change_lead_time_hours_p50,
        coalesce(measured.change_lead_time_n, 0) as change_lead_time_n,
        {{ ratio('measured.change_lead_time_n', 'measured.change_lead_time_candidates') }} as change_lead_time_coverage,
        measured.commit_lead_time_hours_p50,
        coalesce(measured.commit_lead_time_n, 0) as commit_lead_time_n,
        {{ ratio('measured.change_failure_count', 'measured.change_fail_rate_n') }} as change_fail_rate,
        coalesce(measured.change_fail_rate_n, 0) as change_fail_rate_n,
        {{ ratio('measured.change_fail_rate_n', 'measured.change_fail_rate_candidates') }}
            as change_fail_rate_coverage,
        measured.recovery_time_hours_p50,
        coalesce(measured.recovery_time_n, 0) as recovery_time_n,
        coalesce(measured.open_failure_count, 0) as open_failure_count,
        {{ ratio('measured.rework_count', 'measured.deployment_rework_rate_n') }} as deployment_rework_rate,
        coalesce(measured.deployment_rework_rate_n, 0) as deployment_rework_rate_n,
        {{ ratio('measured.failed_attempt_count', 'measured.attempt_count') }} as failed_attempt_rate,
        coalesce(measured.attempt_count, 0) as attempt_count
    from calendar
    left join measured
        on measured.scope_type = calendar.scope_type
        and measured.scope_key = calendar.scope_key
        and measured.period_type = calendar.period_type
        and measured.period_start_day = calendar.period_start_day
)

select
    rated.scope_type,
    rated.scope_key,
    rated.scope_name,
    rated.period_type,
    rated.period_start_day,
    rated.is_complete,
    rated.release_count,
    rated.releases_per_week,
    frequency.category as deployment_frequency_category,
    rated.deployment_day_count,
    rated.change_lead_time_hours_p50,
    rated.change_lead_time_n,
    rated.change_lead_time_coverage,
    lead_time.category as change_lead_time_category,
    rated.commit_lead_time_hours_p50,
    rated.commit_lead_time_n,
    rated.change_fail_rate,
    rated.change_fail_rate_n,
    rated.change_fail_rate_coverage,
    rated.recovery_time_hours_p50,
    rated.recovery_time_n,
    rated.open_failure_count,
    recovery.category as recovery_time_category,
    rated.deployment_rework_rate,
    rated.deployment_rework_rate_n,
    rated.failed_attempt_rate,
    rated.attempt_count
from rated
left join {{ ref('stg_bitbucket__dora_thresholds') }} as frequency
    on frequency.metric = 'deployment_frequency'
    and rated.release_count >= {{ smallest_n }}
    and rated.releases_per_week >= frequency.at_least
    and coalesce(rated.releases_per_week < frequency.below, true)
left join {{ ref('stg_bitbucket__dora_thresholds') }} as lead_time
    on lead_time.metric = 'change_lead_time'
    and rated.change_lead_time_n >= {{ smallest_n }}
    and rated.change_lead_time_hours_p50 >= lead_time.at_least
    and coalesce(rated.change_lead_time_hours_p50 < lead_time.below, true)
left join {{ ref('stg_bitbucket__dora_thresholds') }} as recovery
    on recovery.metric = 'failed_deployment_recovery_time'
    and rated.recovery_time_n >= {{ smallest_n }}
    and rated.recovery_time_hours_p50 >= recovery.at_least
    and coalesce(rated.recovery_time_hours_p50 < recovery.below, true)
