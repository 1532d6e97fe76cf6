with first_rows as (
    select min(created_at) as created_at from {{ ref('stg_bitbucket__repositories') }}
    union all
    select min(created_at) as created_at from {{ ref('stg_bitbucket__pull_requests') }}
    union all
    select min(created_at) as created_at from {{ ref('stg_bitbucket__pipelines') }}
),

first_row as (
    select min(created_at) as created_at from first_rows
),

ends as (
    select
        {{ reporting_day('first_row.created_at') }} as first_known_day,
        {{ reporting_day('as_of.as_of_at') }} as last_known_day
    from first_row
    cross join {{ ref('int_bitbucket__as_of') }} as as_of
),

calendar as (
    select
        make_date(cast(extract(year from first_known_day) as integer), 1, 1) as first_day,
        make_date(cast(extract(year from last_known_day) as integer), 12, 31) as last_day
    from ends
),

digits as (
    {%- for digit in range(10) %}
    select {{ digit }} as digit {{ "union all" if not loop.last }}
    {%- endfor %}
),

numbers as (
    select ones.digit + 10 * tens.digit + 100 * hundreds.digit + 1000 * thousands.digit + 10000 * more.digit as number
    from digits as ones
    cross join digits as tens
    cross join digits as hundreds
    cross join digits as thousands
    cross join digits as more
),

days as (
    select {{ add_days('calendar.first_day', 'numbers.number') }} as date_day
    from calendar
    inner join numbers on numbers.number <= {{ days_between('calendar.first_day', 'calendar.last_day') }}
),

-- 1970-01-05 was a Monday
dated as (
    select
        date_day,
        cast(mod({{ days_between("date '1970-01-05'", 'date_day') }}, 7) as bigint) + 1 as day_of_week,
        cast(extract(year from date_day) as bigint) as year_number,
        cast(extract(quarter from date_day) as bigint) as quarter_number,
        cast(extract(month from date_day) as bigint) as month_number
    from days
)

select
    date_day,
    day_of_week,
    day_of_week >= 6 as is_weekend,
    {{ add_days('date_day', '1 - day_of_week') }} as week_start_day,
    make_date(cast(year_number as integer), cast(month_number as integer), 1) as month_start_day,
    make_date(cast(year_number as integer), cast(quarter_number * 3 - 2 as integer), 1) as quarter_start_day,
    year_number,
    quarter_number,
    month_number
from dated
