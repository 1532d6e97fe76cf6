{{ config(**rebuilt_where_touched('pull_requests')) }}
with events as (
    select * from {{ ref('int_bitbucket__pull_request_events') }} as events
    where {{ only_touched('pull_requests', 'events') }}
),

-- a squash or merge commit in the list is the pull request's landing, not its work; of a fast-forward it is its work
first_commits as (
    select
        commits.repository_uuid,
        commits.pull_request_id,
        min(commits.committed_at) as first_commit_at,
        count(*) as commit_count
    from {{ ref('stg_bitbucket__pull_request_commits') }} as commits
    inner join {{ ref('stg_bitbucket__pull_requests') }} as pull_requests
        on pull_requests.repository_uuid = commits.repository_uuid
        and pull_requests.pull_request_id = commits.pull_request_id
    inner join {{ ref('int_bitbucket__pull_request_closings') }} as closings
        on closings.repository_uuid = commits.repository_uuid
        and closings.pull_request_id = commits.pull_request_id
    where
        {{ only_touched('pull_requests', 'commits') }}
        and not commits.is_deleted
        and coalesce(commits.parent_count, 1) < 2
        and (
            coalesce(commits.short_hash <> pull_requests.merge_short_hash, true)
            or coalesce(commits.short_hash = pull_requests.source_short_hash, false)
            or coalesce(closings.merge_kind = 'fast_forward', false)
        )
    group by commits.repository_uuid, commits.pull_request_id
),

stations as (
    select
        repository_uuid,
        pull_request_id,
        min(case when event_type = 'draft' then happened_at end) as first_draft_at,
        max(case when event_type = 'push' then happened_at end) as last_push_at,
        min(case when is_review then happened_at end) as first_review_at
    from events
    group by repository_uuid, pull_request_id
),

first_readies as (
    select
        events.repository_uuid,
        events.pull_request_id,
        min(events.happened_at) as ready_at
    from events
    inner join stations
        on stations.repository_uuid = events.repository_uuid and stations.pull_request_id = events.pull_request_id
    where events.event_type = 'ready' and events.happened_at >= stations.first_draft_at
    group by events.repository_uuid, events.pull_request_id
),

final_approvals as (
    select
        events.repository_uuid,
        events.pull_request_id,
        min(events.happened_at) as final_approval_at
    from events
    inner join stations
        on stations.repository_uuid = events.repository_uuid and stations.pull_request_id = events.pull_request_id
    where
        events.event_type = 'approval'
        and events.is_review
        and events.happened_at >= stations.first_review_at
        and coalesce(events.happened_at >= stations.last_push_at, true)
    group by events.repository_uuid, events.pull_request_id
)

select
    pull_requests.repository_uuid,
    pull_requests.pull_request_id,
    first_commits.first_commit_at,
    coalesce(first_commits.commit_count, 0) as commit_count,
    pull_requests.created_at as opened_at,
    case
        when stations.first_draft_at is not null then coalesce(first_readies.ready_at, closings.merged_at)
        when not pull_requests.is_draft then pull_requests.created_at
    end as ready_at,
    stations.first_review_at,
    stations.last_push_at,
    final_approvals.final_approval_at,
    closings.merged_at,
    closings.merged_at_source,
    closings.closed_at
from {{ ref('stg_bitbucket__pull_requests') }} as pull_requests
inner join {{ ref('int_bitbucket__pull_request_closings') }} as closings
    on closings.repository_uuid = pull_requests.repository_uuid
    and closings.pull_request_id = pull_requests.pull_request_id
left join stations
    on stations.repository_uuid = pull_requests.repository_uuid
    and stations.pull_request_id = pull_requests.pull_request_id
left join first_commits
    on first_commits.repository_uuid = pull_requests.repository_uuid
    and first_commits.pull_request_id = pull_requests.pull_request_id
left join first_readies
    on first_readies.repository_uuid = pull_requests.repository_uuid
    and first_readies.pull_request_id = pull_requests.pull_request_id
left join final_approvals
    on final_approvals.repository_uuid = pull_requests.repository_uuid
    and final_approvals.pull_request_id = pull_requests.pull_request_id
where {{ only_touched('pull_requests', 'pull_requests') }}
