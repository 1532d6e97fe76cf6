{{ config(**rebuilt_where_touched('pull_requests')) }}
with pull_requests as (
    select * from {{ ref('stg_bitbucket__pull_requests') }} as pull_requests
    where {{ only_touched('pull_requests', 'pull_requests') }}
),

closing_updates as (
    select
        repository_uuid,
        pull_request_id,
        update_state,
        min(happened_at) as happened_at,
        max(source_short_hash) as source_short_hash
    from {{ ref('int_bitbucket__pull_request_updates') }} as updates
    where update_state in ('MERGED', 'DECLINED', 'SUPERSEDED') and {{ only_touched('pull_requests', 'updates') }}
    group by repository_uuid, pull_request_id, update_state
),

landings as (
    select repository_uuid, coalesce(merge_short_hash, source_short_hash) as short_hash from pull_requests
),

landed as (
    select repository_uuid, short_hash, commit_hash, committed_at
    from {{ ref('stg_bitbucket__commits') }}
    where (repository_uuid, short_hash) in (select repository_uuid, short_hash from landings)
),

parents as (
    select repository_uuid, commit_hash, parent_hash
    from {{ ref('stg_bitbucket__commit_parents') }}
    where (repository_uuid, commit_hash) in (select repository_uuid, commit_hash from landed)
),

commits as (
    select
        landed.repository_uuid,
        landed.short_hash,
        max(landed.commit_hash) as commit_hash,
        max(landed.committed_at) as committed_at,
        count(parents.parent_hash) as parent_count
    from landed
    left join parents on parents.repository_uuid = landed.repository_uuid and parents.commit_hash = landed.commit_hash
    group by landed.repository_uuid, landed.short_hash
),

joined as (
    select
        pull_requests.repository_uuid,
        pull_requests.pull_request_id,
        pull_requests.state,
        pull_requests.is_queued,
        pull_requests.closed_at,
        pull_requests.merge_short_hash,
        -- of a source that is gone its last update tells the head
        coalesce(pull_requests.source_short_hash, closing_updates.source_short_hash) as source_short_hash,
        closing_updates.happened_at,
        merge_commits.parent_count,
        merge_commits.committed_at as merge_committed_at,
        coalesce(merge_commits.commit_hash, source_heads.commit_hash) as landed_commit_hash,
        source_heads.commit_hash is not null as is_source_stored
    from pull_requests
    left join closing_updates
        on closing_updates.repository_uuid = pull_requests.repository_uuid
        and closing_updates.pull_request_id = pull_requests.pull_request_id
        and closing_updates.update_state = pull_requests.state
    left join commits as merge_commits
        on merge_commits.repository_uuid = pull_requests.repository_uuid
        and merge_commits.short_hash = pull_requests.merge_short_hash
    left join commits as source_heads
        on source_heads.repository_uuid = pull_requests.repository_uuid
        and source_heads.short_hash
            = case when pull_requests.merge_short_hash is null then pull_requests.source_short_hash end
)

-- of a fast-forward or a squash the merge commit is older than the merge, or may be: only two parents prove a merge
select
    repository_uuid,
    pull_request_id,
    case
        when state = 'MERGED'
            then coalesce(happened_at, closed_at, case when parent_count >= 2 then merge_committed_at end)
    end as merged_at,
    case
        when state <> 'MERGED' then null
        when happened_at is not null then 'activity'
        when closed_at is not null then 'closed_on'
        when parent_count >= 2 then 'merge_commit'
        else 'unknown'
    end as merged_at_source,
    case
        when state = 'MERGED'
            then coalesce(happened_at, closed_at, case when parent_count >= 2 then merge_committed_at end)
        when state <> 'OPEN' then coalesce(happened_at, closed_at)
    end as closed_at,
    case
        when state <> 'MERGED' then null
        when is_queued then 'queued'
        when merge_short_hash is null and is_source_stored then 'pushed'
        when merge_short_hash is null then 'unknown'
        when merge_short_hash = source_short_hash then 'fast_forward'
        when parent_count >= 2 then 'merge'
        when source_short_hash is null then 'unknown'
        when parent_count is not null then 'squash'
        else 'unknown'
    end as merge_kind,
    case when state = 'MERGED' then landed_commit_hash end as landed_commit_hash
from joined
