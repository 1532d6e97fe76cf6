{%- set through = left_by_an_earlier_build('int_bitbucket__commits_through_pull_requests') -%}

with pull_requests as (
    select repository_uuid, pull_request_id from {{ ref('int_bitbucket__pull_requests_touched') }}
),

touched as (
    select repository_uuid, short_hash from {{ ref('int_bitbucket__commits_touched') }}

    union all

    select repository_uuid, short_hash
    from {{ ref('stg_bitbucket__pull_request_commits') }}
    where (repository_uuid, pull_request_id) in (select repository_uuid, pull_request_id from pull_requests)

    union all

    select repository_uuid, coalesce(merge_short_hash, source_short_hash)
    from {{ ref('stg_bitbucket__pull_requests') }}
    where
        (repository_uuid, pull_request_id) in (select repository_uuid, pull_request_id from pull_requests)
        and coalesce(merge_short_hash, source_short_hash) is not null
    {%- if through is not none %}

    union all

    -- what it had landed as before
    select repository_uuid, short_hash
    from {{ through }}
    where (repository_uuid, pull_request_id) in (select repository_uuid, pull_request_id from pull_requests)
    {%- endif %}
)

select distinct repository_uuid, short_hash from touched
{{ and_what_was_left_unfinished(touched_key('listed_commits')) }}
