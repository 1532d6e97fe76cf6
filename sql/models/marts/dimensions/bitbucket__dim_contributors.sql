with commits as (
    select
        contributor_key,
        min(committed_at) as first_commit_at,
        max(committed_at) as last_commit_at,
        count(*) as commit_count,
        count(distinct author_email) as email_count,
        {{ of_texts('max', 'author_name') }} as author_name
    from {{ ref('int_bitbucket__commits_attributed') }}
    where contributor_key <> '' and not is_deleted
    group by contributor_key
),

contributors as (
    select user_uuid as contributor_key from {{ ref('stg_bitbucket__users') }}

    union

    select contributor_key from commits
),

members as (
    select distinct user_uuid
    from {{ ref('stg_bitbucket__workspace_members') }}
    where not is_deleted
),

teams as (
    select {{ contributor_key('user_uuid') }} as user_uuid, {{ of_texts('min', 'team') }} as team
    from {{ ref('stg_bitbucket__teams') }}
    group by {{ contributor_key('user_uuid') }}
)

select
    contributors.contributor_key,
    users.user_uuid,
    coalesce(users.display_name, commits.author_name, contributors.contributor_key) as display_name,
    users.nickname,
    users.account_type,
    coalesce(teams.team, 'no team') as team,
    bots.user_uuid is not null as is_bot,
    users.user_uuid is not null as has_account,
    members.user_uuid is not null as is_member,
    coalesce(commits.commit_count, 0) as commit_count,
    coalesce(commits.email_count, 0) as email_count,
    commits.first_commit_at,
    commits.last_commit_at
from contributors
left join {{ ref('stg_bitbucket__users') }} as users on users.user_uuid = contributors.contributor_key
left join commits on commits.contributor_key = contributors.contributor_key
left join teams on teams.user_uuid = contributors.contributor_key
left join members on members.user_uuid = contributors.contributor_key
left join {{ ref('int_bitbucket__bots_identified') }} as bots on bots.user_uuid = contributors.contributor_key
