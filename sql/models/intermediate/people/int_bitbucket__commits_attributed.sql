{{ config(**rebuilt_where_touched('commits')) }}
-- the account of a commit, where Bitbucket names one, goes before what is known of its address
with commits as (
    select *
    from {{ ref('stg_bitbucket__commits') }} as commits
    where {{ only_touched('commits', 'commits') }}
),

-- commits are many and their authors few: a text is taken apart once for each author
signatures as (
    select distinct author_raw from commits
),

authors as (
    select
        signatures.author_raw,
        {{ name_of('signatures.author_raw') }} as author_name,
        emails.email,
        emails.contributor_key
    from signatures
    left join {{ ref('int_bitbucket__emails_resolved') }} as emails
        on emails.email = {{ email_of('signatures.author_raw') }}
),

parents as (
    select repository_uuid, commit_hash, count(*) as parent_count
    from {{ ref('stg_bitbucket__commit_parents') }}
    {%- if is_incremental() %}
    where (repository_uuid, commit_hash) in (select repository_uuid, commit_hash from commits)
    {%- endif %}
    group by repository_uuid, commit_hash
)

select
    commits.repository_uuid,
    commits.commit_hash,
    commits.short_hash,
    commits.committed_at,
    authors.author_name,
    authors.email as author_email,
    commits.author_user_uuid,
    coalesce(commits.author_user_uuid, authors.contributor_key, '') as contributor_key,
    bots.user_uuid is not null as is_bot_author,
    coalesce(parents.parent_count, 0) as parent_count,
    commits.is_deleted,
    commits.is_repository_deleted
from commits
left join authors on authors.author_raw = commits.author_raw
left join {{ ref('int_bitbucket__bots_identified') }} as bots
    on bots.user_uuid = coalesce(commits.author_user_uuid, authors.contributor_key)
left join parents
    on parents.repository_uuid = commits.repository_uuid and parents.commit_hash = commits.commit_hash
