-- as many days as lie between the first and the last; each of its own week's Monday at most six days before
select min(date_day) as first_day, max(date_day) as last_day, count(*) as day_count
from {{ ref('bitbucket__dim_dates') }}
having
    count(*) <> {{ days_between('min(date_day)', 'max(date_day)') }} + 1
    or min({{ days_between('week_start_day', 'date_day') }}) < 0
    or max({{ days_between('week_start_day', 'date_day') }}) > 6
