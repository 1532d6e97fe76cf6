with pull_requests as (
    select * from {{ ref('stg_bitbucket__pull_requests') }}
),

-- of a fast-forward or a squash the merge commit is older than the merge, or may be: only two parents prove a merge
merge_commits as (
    select
        commits.repository_uuid,
        commits.short_hash,
        max(commits.committed_at) as committed_at
    from {{ ref('stg_bitbucket__commits') }} as commits
    inner join {{ ref('stg_bitbucket__commit_parents') }} as parents
        on parents.repository_uuid = commits.repository_uuid and parents.commit_hash = commits.commit_hash
    group by commits.repository_uuid, commits.short_hash
    having count(*) = 2
),

merges as (
    select
        pull_requests.repository_uuid,
        pull_requests.pull_request_id,
        coalesce(pull_requests.closed_at, merge_commits.committed_at) as merged_at,
        case
            when pull_requests.closed_at is not null then 'closed_on'
            when merge_commits.committed_at is not null then 'merge_commit'
            else 'unknown'
        end as merged_at_source
    from pull_requests
    left join merge_commits
        on merge_commits.repository_uuid = pull_requests.repository_uuid
        and merge_commits.short_hash = pull_requests.merge_short_hash
    where pull_requests.state = 'MERGED'
)

select
    pull_requests.repository_uuid,
    pull_requests.pull_request_id,
    pull_requests.created_at as opened_at,
    merges.merged_at,
    merges.merged_at_source,
    coalesce(pull_requests.closed_at, merges.merged_at) as closed_at
from pull_requests
left join merges
    on merges.repository_uuid = pull_requests.repository_uuid
    and merges.pull_request_id = pull_requests.pull_request_id
