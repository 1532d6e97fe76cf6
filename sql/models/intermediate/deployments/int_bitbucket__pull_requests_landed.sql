-- a release train, or a merge back, lists what came through others: it has commits, and none is its own
with merged as (
    select
        repository_uuid,
        pull_request_id,
        source_short_hash,
        coalesce(merge_short_hash, source_short_hash) as landed_short_hash
    from {{ ref('stg_bitbucket__pull_requests') }}
    where state = 'MERGED'
)

select
    merged.repository_uuid,
    merged.pull_request_id,
    merged.landed_short_hash,
    count(*) as commit_count,
    count(case
        when through.pull_request_id = merged.pull_request_id and coalesce(commits.parent_count, 1) < 2 then 1
    end) as own_commit_count
from merged
inner join {{ ref('stg_bitbucket__pull_request_commits') }} as commits
    on commits.repository_uuid = merged.repository_uuid
    and commits.pull_request_id = merged.pull_request_id
    and not commits.is_deleted
    -- the commit it landed as is its work only where it is a fast-forward
    and (
        coalesce(commits.short_hash <> merged.landed_short_hash, true)
        or coalesce(commits.short_hash = merged.source_short_hash, false)
    )
left join {{ ref('int_bitbucket__commits_through_pull_requests') }} as through
    on through.repository_uuid = commits.repository_uuid and through.short_hash = commits.short_hash
group by merged.repository_uuid, merged.pull_request_id, merged.landed_short_hash
