-- every counted release stands in one week of its service and in one of its project
with counted as (
    select
        scope_type,
        sum(case when period_type = 'week' then release_count else 0 end) as in_weeks,
        sum(case when period_type = 'month' then release_count else 0 end) as in_months
    from {{ ref('bitbucket__metrics_dora') }}
    group by scope_type
),

rows_behind as (
    select count(*) as row_count
    from {{ ref('bitbucket__metrics_dora_rows') }}
    where metric = 'deployment_frequency' and was_counted
)

select counted.scope_type, counted.in_weeks, counted.in_months, rows_behind.row_count
from counted
cross join rows_behind
where counted.in_weeks <> rows_behind.row_count or counted.in_months <> rows_behind.row_count
