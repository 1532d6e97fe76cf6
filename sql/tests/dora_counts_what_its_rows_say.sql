-- every counted release stands in one week of its service and in one of its project, as far as as_of
with counted as (
    select
        scope_type,
        sum(case when period_type = 'week' then release_count else 0 end) as in_weeks,
        sum(case when period_type = 'month' then release_count else 0 end) as in_months
    from {{ ref('bitbucket__metrics_dora') }}
    group by scope_type
),

rows_behind as (
    select
        count(case when rows_counted.week_start_day <= {{ reporting_day('as_of.as_of_at') }} then 1 end) as in_weeks,
        count(case when rows_counted.month_start_day <= {{ reporting_day('as_of.as_of_at') }} then 1 end) as in_months
    from {{ ref('bitbucket__metrics_dora_rows') }} as rows_counted
    cross join {{ ref('int_bitbucket__as_of') }} as as_of
    where rows_counted.metric = 'deployment_frequency' and rows_counted.was_counted
)

select
    counted.scope_type,
    counted.in_weeks,
    counted.in_months,
    rows_behind.in_weeks as week_row_count,
    rows_behind.in_months as month_row_count
from counted
cross join rows_behind
where counted.in_weeks <> rows_behind.in_weeks or counted.in_months <> rows_behind.in_months
