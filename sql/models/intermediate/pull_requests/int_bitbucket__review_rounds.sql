{{ config(**rebuilt_where_touched('pull_requests')) }}
-- a push that has two parents brings in the destination, not an answer to the review
with backmerges as (
    select commits.repository_uuid, commits.pull_request_id, commits.short_hash
    from {{ ref('stg_bitbucket__pull_request_commits') }} as commits
    where commits.parent_count >= 2 and {{ only_touched('pull_requests', 'commits') }}

    union

    select pull_requests.repository_uuid, pull_requests.pull_request_id, substr(parents.commit_hash, 1, 12) as short_hash
    from {{ ref('int_bitbucket__pull_request_events') }} as pull_requests
    inner join {{ ref('stg_bitbucket__commit_parents') }} as parents
        on parents.repository_uuid = pull_requests.repository_uuid
        and substr(parents.commit_hash, 1, 12) = pull_requests.source_short_hash
    where parents.parent_position = 1 and {{ only_touched('pull_requests', 'pull_requests') }}
),

turns as (
    select
        events.repository_uuid,
        events.pull_request_id,
        events.event_number,
        events.event_type,
        events.happened_at,
        events.actor_uuid,
        events.is_review,
        lag(events.is_review) over (
            partition by events.repository_uuid, events.pull_request_id
            order by events.event_number
        ) as is_after_review
    from {{ ref('int_bitbucket__pull_request_events') }} as events
    left join backmerges
        on backmerges.repository_uuid = events.repository_uuid
        and backmerges.pull_request_id = events.pull_request_id
        and backmerges.short_hash = events.source_short_hash
    where
        {{ only_touched('pull_requests', 'events') }}
        and (events.is_review or (events.event_type = 'push' and backmerges.short_hash is null))
),

numbered as (
    select
        *,
        1 + sum(case when not is_review and coalesce(is_after_review, false) then 1 else 0 end) over (
            partition by repository_uuid, pull_request_id
            order by event_number
            rows between unbounded preceding and current row
        ) as round_number
    from turns
),

rounds as (
    select
        repository_uuid,
        pull_request_id,
        round_number,
        min(case when not is_review then happened_at end) as first_push_at,
        min(case when is_review then happened_at end) as responded_at,
        count(case when is_review then 1 end) as review_event_count,
        count(case when not is_review then 1 end) as push_count
    from numbered
    group by repository_uuid, pull_request_id, round_number
),

asked as (
    select
        rounds.repository_uuid,
        rounds.pull_request_id,
        cast(rounds.round_number as bigint) as round_number,
        case
            when rounds.round_number = 1 then coalesce(milestones.ready_at, milestones.opened_at)
            else rounds.first_push_at
        end as requested_at,
        rounds.responded_at,
        lead(rounds.first_push_at) over (
            partition by rounds.repository_uuid, rounds.pull_request_id
            order by rounds.round_number
        ) as answered_at,
        rounds.review_event_count,
        rounds.push_count
    from rounds
    inner join {{ ref('int_bitbucket__pull_request_milestones') }} as milestones
        on milestones.repository_uuid = rounds.repository_uuid
        and milestones.pull_request_id = rounds.pull_request_id
)

select
    repository_uuid,
    pull_request_id,
    round_number,
    requested_at,
    responded_at,
    answered_at,
    review_event_count,
    push_count,
    case
        when responded_at < requested_at then 0
        else {{ hours_between('requested_at', 'responded_at') }}
    end as response_hours,
    {{ hours_between('responded_at', 'answered_at') }} as answer_hours
from asked
