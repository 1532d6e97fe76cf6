-- every week of a repository from its first sign of life on, with or without anything in it
with firsts as (
    select repository_uuid, created_at as happened_at from {{ ref('stg_bitbucket__repositories') }}

    union all

    select repository_uuid, min(created_at) from {{ ref('stg_bitbucket__pull_requests') }} group by repository_uuid

    union all

    select repository_uuid, min(created_at) from {{ ref('stg_bitbucket__pipelines') }} group by repository_uuid
),

first_days as (
    select repository_uuid, {{ reporting_day('min(happened_at)') }} as first_day
    from firsts
    group by repository_uuid
),

weeks as (
    select distinct week_start_day from {{ ref('bitbucket__dim_dates') }}
)

select
    spans.repository_uuid,
    weeks.week_start_day,
    coalesce(
        {{ add_days('weeks.week_start_day', 7) }} <= spans.read_until_day
        and weeks.week_start_day >= spans.history_starts_day,
        false
    ) as is_complete
from {{ ref('int_bitbucket__repository_spans') }} as spans
inner join first_days on first_days.repository_uuid = spans.repository_uuid
cross join {{ ref('int_bitbucket__as_of') }} as as_of
inner join weeks
    on {{ add_days('weeks.week_start_day', 6) }} >= first_days.first_day
    and weeks.week_start_day <= {{ reporting_day('as_of.as_of_at') }}
