-- a release train, or a merge back, lists what came through others: it has commits, and none is its own
with merged as (
    select
        pull_requests.repository_uuid,
        pull_requests.pull_request_id,
        pull_requests.source_short_hash,
        coalesce(pull_requests.merge_short_hash, pull_requests.source_short_hash) as landed_short_hash,
        coalesce(closings.merge_kind = 'fast_forward', false) as is_fast_forward
    from {{ ref('stg_bitbucket__pull_requests') }} as pull_requests
    inner join {{ ref('int_bitbucket__pull_request_closings') }} as closings
        on closings.repository_uuid = pull_requests.repository_uuid
        and closings.pull_request_id = pull_requests.pull_request_id
    where pull_requests.state = 'MERGED'
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
        or merged.is_fast_forward
    )
left join {{ ref('int_bitbucket__commits_through_pull_requests') }} as through
    on through.repository_uuid = commits.repository_uuid and through.short_hash = commits.short_hash
group by merged.repository_uuid, merged.pull_request_id, merged.landed_short_hash
