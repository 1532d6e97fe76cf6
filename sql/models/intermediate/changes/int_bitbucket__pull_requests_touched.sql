{%- set children = ['activity', 'activity_reviewers', 'comments', 'files', 'participants'] -%}

with changed as (
    select * from {{ ref('int_bitbucket__inputs_changed') }}
),

bots as (
    select input_key as user_uuid from changed where input_kind = 'bot'
),

commits as (
    select repository_uuid, short_hash from {{ ref('int_bitbucket__commits_touched') }}
),

touched as (
    select repository_uuid, pull_request_id
    from {{ ref('stg_bitbucket__pull_requests') }}
    where
        {{ since_last_build() }}
        or repository_uuid in (select input_key from changed where input_kind = 'repository')
        or author_uuid in (select user_uuid from bots)
        or closed_by_uuid in (select user_uuid from bots)
    {%- for child in children %}

    union all

    select repository_uuid, pull_request_id
    from {{ ref('stg_bitbucket__pull_request_' ~ child) }}
    where {{ since_last_build() }}
        {%- if child != 'files' %} or user_uuid in (select user_uuid from bots) {%- endif %}
    {%- endfor %}

    union all

    -- the commits it has or had, was pushed to, comes from or landed as
    select repository_uuid, pull_request_id
    from {{ ref('stg_bitbucket__pull_requests') }}
    where
        (repository_uuid, merge_short_hash) in (select repository_uuid, short_hash from commits)
        or (repository_uuid, source_short_hash) in (select repository_uuid, short_hash from commits)

    union all

    select repository_uuid, pull_request_id
    from {{ ref('stg_bitbucket__pull_request_commits') }}
    where (repository_uuid, short_hash) in (select repository_uuid, short_hash from commits)

    union all

    select repository_uuid, pull_request_id
    from {{ ref('stg_bitbucket__pull_request_activity') }}
    where (repository_uuid, source_short_hash) in (select repository_uuid, short_hash from commits)
)

select distinct repository_uuid, pull_request_id
from touched
