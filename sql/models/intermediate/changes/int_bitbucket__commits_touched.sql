-- keyed by 12 characters: all that pull requests know
with changed as (
    select * from {{ ref('int_bitbucket__inputs_changed') }}
),

authors as (
    select distinct author_raw from {{ ref('stg_bitbucket__commits') }}
),

-- whose address belongs to somebody else now, or to a bot
changed_authors as (
    select authors.author_raw
    from authors
    inner join {{ ref('int_bitbucket__emails_resolved') }} as emails on emails.email = {{ email_of('authors.author_raw') }}
    inner join changed
        on (changed.input_kind = 'email' and changed.input_key = emails.email)
        or (changed.input_kind = 'bot' and changed.input_key = emails.contributor_key)
),

touched as (
    select repository_uuid, short_hash from {{ ref('stg_bitbucket__commits') }} where {{ since_last_build() }}

    union all

    select repository_uuid, substr(commit_hash, 1, 12)
    from {{ ref('stg_bitbucket__commit_parents') }}
    where {{ since_last_build() }}

    union all

    select repository_uuid, short_hash from {{ ref('stg_bitbucket__commit_trailers') }} where {{ since_last_build() }}

    union all

    select repository_uuid, short_hash from {{ ref('stg_bitbucket__pull_request_commits') }} where {{ since_last_build() }}

    union all

    select repository_uuid, short_hash
    from {{ ref('stg_bitbucket__commits') }}
    where
        repository_uuid in (select input_key from changed where input_kind = 'repository')
        or author_user_uuid in (select input_key from changed where input_kind = 'bot')
        or author_raw in (select author_raw from changed_authors)
)

select distinct repository_uuid, short_hash
from touched
