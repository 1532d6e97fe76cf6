-- an address that Bitbucket ever mapped to an account belongs to it in all commits; the newest mapping counts
-- commits are many and their authors few: texts are taken apart once for each author
with signatures as (
    select author_raw, author_user_uuid, max(committed_at) as committed_at
    from {{ ref('stg_bitbucket__commits') }}
    group by author_raw, author_user_uuid

    union all

    select author_raw, author_user_uuid, max(committed_at) as committed_at
    from {{ ref('stg_bitbucket__pull_request_commits') }}
    group by author_raw, author_user_uuid
),

authors as (
    select {{ email_of('author_raw') }} as email, author_user_uuid, committed_at
    from signatures
),

mapped as (
    select
        email,
        author_user_uuid,
        row_number() over (partition by email order by committed_at desc, author_user_uuid) as mapping_rank
    from authors
    where author_user_uuid is not null and email is not null
),

emails as (
    select distinct email from authors where email is not null
)

select
    emails.email,
    coalesce(identities.user_uuid, mapped.author_user_uuid) as user_uuid,
    coalesce(identities.user_uuid, mapped.author_user_uuid, emails.email) as contributor_key
from emails
left join mapped on mapped.email = emails.email and mapped.mapping_rank = 1
left join {{ ref('stg_bitbucket__identities') }} as identities on identities.email = emails.email
