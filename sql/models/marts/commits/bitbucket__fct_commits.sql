{{ config(
    materialized=incremental_or_table(),
    incremental_strategy='delete+insert',
    unique_key=['repository_uuid', 'commit_hash'],
    pre_hook="{{ bitbucket_source.forget_touched('listed_commits') }}",
    on_schema_change='fail'
) }}
-- depends_on: {{ ref('int_bitbucket__listed_commits_touched') }}

with in_production as (
    select
        changes.repository_uuid,
        changes.commit_hash,
        min(changes.completed_at) as deployed_at
    from {{ ref('int_bitbucket__deployment_changes') }} as changes
    where changes.is_production and changes.match_method in ('exact', 'via_pull_request')
    group by changes.repository_uuid, changes.commit_hash
),

listed as (
    select distinct repository_uuid, short_hash
    from {{ ref('stg_bitbucket__pull_request_commits') }}
    where not is_deleted
),

{%- if is_incremental() %}

rebuilt as (
    select repository_uuid, short_hash from {{ ref('int_bitbucket__listed_commits_touched') }}

    union

    -- it reached production at another moment; most never did: they are not even looked at
    select
        coalesce(stored.repository_uuid, in_production.repository_uuid),
        substr(coalesce(stored.commit_hash, in_production.commit_hash), 1, 12)
    from in_production
    full join (
        select repository_uuid, commit_hash, deployed_at from {{ this }} where deployed_at is not null
    ) as stored
        on stored.repository_uuid = in_production.repository_uuid and stored.commit_hash = in_production.commit_hash
    where in_production.deployed_at is distinct from stored.deployed_at
),
{%- endif %}

commits as (
    select * from {{ ref('int_bitbucket__commits_attributed') }}
    {%- if is_incremental() %}
    where (repository_uuid, short_hash) in (select repository_uuid, short_hash from rebuilt)
    {%- endif %}
)

select
    commits.repository_uuid,
    commits.commit_hash,
    commits.short_hash,
    commits.committed_at,
    {{ reporting_day('commits.committed_at') }} as committed_day,
    commits.contributor_key,
    commits.author_user_uuid,
    commits.author_email,
    commits.is_bot_author,
    commits.parent_count,
    commits.parent_count >= 2 as is_merge,
    through.pull_request_id,
    through.merged_at,
    in_production.deployed_at,
    {{ hours_after('commits.committed_at', 'in_production.deployed_at') }} as lead_hours,
    commits.is_deleted,
    commits.is_repository_deleted
from commits
left join {{ ref('int_bitbucket__commits_through_pull_requests') }} as through
    on through.repository_uuid = commits.repository_uuid and through.short_hash = commits.short_hash
left join in_production
    on in_production.repository_uuid = commits.repository_uuid and in_production.commit_hash = commits.commit_hash
left join listed
    on listed.repository_uuid = commits.repository_uuid and listed.short_hash = commits.short_hash
where not commits.is_deleted or listed.short_hash is not null
