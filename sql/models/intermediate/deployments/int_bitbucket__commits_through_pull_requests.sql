{{ config(**rebuilt_where_touched('listed_commits')) }}
-- of several pull requests that list a commit, it came through the one merged first: a release train lists them all
with candidates as (
    select
        pull_requests.repository_uuid,
        pull_requests.pull_request_id,
        coalesce(pull_requests.merge_short_hash, pull_requests.source_short_hash) as short_hash,
        0 as landing_rank
    from {{ ref('stg_bitbucket__pull_requests') }} as pull_requests
    where pull_requests.state = 'MERGED'

    union all

    select
        commits.repository_uuid,
        commits.pull_request_id,
        commits.short_hash,
        1 as landing_rank
    from {{ ref('stg_bitbucket__pull_request_commits') }} as commits
    where not commits.is_deleted
),

ranked as (
    select
        candidates.repository_uuid,
        candidates.short_hash,
        candidates.pull_request_id,
        closings.merged_at,
        row_number() over (
            partition by candidates.repository_uuid, candidates.short_hash
            order by
                candidates.landing_rank,
                case when closings.merged_at is null then 1 else 0 end,
                closings.merged_at,
                candidates.pull_request_id
        ) as choice
    from candidates
    inner join {{ ref('int_bitbucket__pull_request_closings') }} as closings
        on closings.repository_uuid = candidates.repository_uuid
        and closings.pull_request_id = candidates.pull_request_id
    inner join {{ ref('stg_bitbucket__pull_requests') }} as pull_requests
        on pull_requests.repository_uuid = candidates.repository_uuid
        and pull_requests.pull_request_id = candidates.pull_request_id
        and pull_requests.state = 'MERGED'
        -- of one that is gone no change is counted: what it landed are changes of their own
        and not pull_requests.is_deleted
    where candidates.short_hash is not null and {{ only_touched('listed_commits', 'candidates') }}
)

select repository_uuid, short_hash, pull_request_id, merged_at
from ranked
where choice = 1
