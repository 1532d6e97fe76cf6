with windows as (
    select 90 as window_days
    union all
    select 365 as window_days
),

commits as (
    select
        commits.repository_uuid,
        windows.window_days,
        commits.contributor_key,
        count(*) as commit_count
    from {{ ref('bitbucket__fct_commits') }} as commits
    cross join {{ ref('int_bitbucket__as_of') }} as as_of
    inner join windows
        on {{ hours_between('commits.committed_at', 'as_of.as_of_at') }} < windows.window_days * 24
        and commits.committed_at <= as_of.as_of_at
    where
        not commits.is_bot_author
        and not commits.is_merge
        and not commits.is_deleted
        and not commits.is_repository_deleted
        and commits.contributor_key <> ''
    group by commits.repository_uuid, windows.window_days, commits.contributor_key
),

ranked as (
    select
        *,
        row_number() over (
            partition by repository_uuid, window_days
            order by commit_count desc, {{ in_code_order('contributor_key') }}
        ) as place,
        sum(commit_count) over (partition by repository_uuid, window_days) as all_commits,
        sum(commit_count) over (
            partition by repository_uuid, window_days
            order by commit_count desc, {{ in_code_order('contributor_key') }}
            rows between unbounded preceding and current row
        ) as commits_so_far
    from commits
)

select
    repository_uuid,
    cast(window_days as bigint) as window_days,
    cast(min(case when 2 * commits_so_far >= all_commits then place end) as bigint) as absence_factor,
    count(*) as contributor_count,
    cast(sum(commit_count) as bigint) as commit_count,
    max(case when place = 1 then contributor_key end) as top_contributor_key,
    {{ ratio('max(case when place = 1 then commit_count end)', 'sum(commit_count)') }} as top_contributor_share
from ranked
group by repository_uuid, window_days
