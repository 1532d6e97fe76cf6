-- the account of a commit, where Bitbucket names one, goes before what is known of its address
select
    commits.repository_uuid,
    commits.commit_hash,
    commits.short_hash,
    commits.committed_at,
    commits.author_raw,
    {{ name_of('commits.author_raw') }} as author_name,
    emails.email as author_email,
    commits.author_user_uuid,
    coalesce(commits.author_user_uuid, emails.contributor_key, '') as contributor_key,
    bots.user_uuid is not null as is_bot_author,
    coalesce(parents.parent_count, 0) as parent_count,
    commits.message,
    commits.deleted_at,
    commits.is_deleted,
    commits.is_repository_deleted,
    commits.synced_at
from {{ ref('stg_bitbucket__commits') }} as commits
left join {{ ref('int_bitbucket__emails_resolved') }} as emails
    on emails.email = {{ email_of('commits.author_raw') }}
left join {{ ref('int_bitbucket__bots_identified') }} as bots
    on bots.user_uuid = coalesce(commits.author_user_uuid, emails.contributor_key)
left join (
    select repository_uuid, commit_hash, count(*) as parent_count
    from {{ ref('stg_bitbucket__commit_parents') }}
    group by repository_uuid, commit_hash
) as parents
    on parents.repository_uuid = commits.repository_uuid and parents.commit_hash = commits.commit_hash
