with acts as (
    select
        repository_uuid,
        {{ week_start('committed_day') }} as week_start_day,
        contributor_key,
        'commit' as act,
        count(*) as act_count
    from {{ ref('bitbucket__fct_commits') }}
    where not is_bot_author and not is_merge and not is_deleted and contributor_key <> ''
    group by repository_uuid, {{ week_start('committed_day') }}, contributor_key

    union all

    select
        repository_uuid,
        {{ week_start('opened_day') }},
        author_uuid,
        'pull request',
        1
    from {{ ref('bitbucket__fct_pull_requests') }}
    where not is_bot_author and not is_deleted and author_uuid is not null

    union all

    select
        repository_uuid,
        {{ week_start('first_review_day') }},
        reviewer_uuid,
        'review',
        1
    from {{ ref('bitbucket__fct_pull_request_reviews') }}
    where has_responded and not is_bot_reviewer and not is_deleted
),

firsts as (
    select
        repository_uuid,
        contributor_key,
        min(week_start_day) as first_week
    from acts
    group by repository_uuid, contributor_key
),

-- each person once a week
weekly as (
    select
        acts.repository_uuid,
        acts.week_start_day,
        acts.contributor_key,
        sum(case when acts.act = 'commit' then acts.act_count else 0 end) as commit_count,
        max(case when acts.act = 'commit' then 1 end) as has_commits,
        max(case when acts.act = 'pull request' then 1 end) as has_pull_requests,
        max(case when acts.act = 'review' then 1 end) as has_reviews,
        max(case when firsts.first_week = acts.week_start_day then 1 end) as is_new
    from acts
    inner join firsts
        on firsts.repository_uuid = acts.repository_uuid and firsts.contributor_key = acts.contributor_key
    group by acts.repository_uuid, acts.week_start_day, acts.contributor_key
),

counted as (
    select
        repository_uuid,
        week_start_day,
        count(*) as contributor_count,
        count(has_commits) as commit_author_count,
        count(has_pull_requests) as pull_request_author_count,
        count(has_reviews) as reviewer_count,
        count(is_new) as new_contributor_count,
        cast(sum(commit_count) as bigint) as commit_count
    from weekly
    group by repository_uuid, week_start_day
)

select
    weeks.repository_uuid,
    weeks.week_start_day,
    weeks.is_complete,
    coalesce(counted.contributor_count, 0) as contributor_count,
    coalesce(counted.new_contributor_count, 0) as new_contributor_count,
    coalesce(counted.commit_author_count, 0) as commit_author_count,
    coalesce(counted.pull_request_author_count, 0) as pull_request_author_count,
    coalesce(counted.reviewer_count, 0) as reviewer_count,
    coalesce(counted.commit_count, 0) as commit_count
from {{ ref('int_bitbucket__repository_weeks') }} as weeks
left join counted
    on counted.repository_uuid = weeks.repository_uuid and counted.week_start_day = weeks.week_start_day
