-- what was merged is in one week, opened by people or by bots; what was read beyond the week of as_of has none yet
with weeks as (
    select coalesce(sum(merged_count + bot_merged_count), 0) as merged_count
    from {{ ref('bitbucket__metrics_pull_requests_weekly') }}
),

facts as (
    select count(*) as merged_count
    from {{ ref('bitbucket__fct_pull_requests') }} as pull_requests
    inner join {{ ref('bitbucket__dim_repositories') }} as repositories
        on repositories.repository_uuid = pull_requests.repository_uuid
    inner join {{ ref('int_bitbucket__as_of') }} as as_of
        on {{ week_start('pull_requests.merged_day') }} <= {{ reporting_day('as_of.as_of_at') }}
    where not pull_requests.is_deleted
)

select weeks.merged_count as in_weeks, facts.merged_count as in_fact
from weeks
cross join facts
where weeks.merged_count <> facts.merged_count
