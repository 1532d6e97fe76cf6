{{ config(**rebuilt_where_touched('pull_requests', on_schema_change='fail')) }}
-- who was asked, who takes part and who said something, each once
with reviewers as (
    select repository_uuid, pull_request_id, actor_uuid as reviewer_uuid
    from {{ ref('int_bitbucket__pull_request_events') }} as events
    where (event_type = 'review_requested' or is_review) and not is_author and {{ only_touched('pull_requests', 'events') }}

    union

    select repository_uuid, pull_request_id, user_uuid as reviewer_uuid
    from {{ ref('stg_bitbucket__pull_request_participants') }} as participants
    where role = 'REVIEWER' and not is_deleted and user_uuid <> '' and {{ only_touched('pull_requests', 'participants') }}
),

said as (
    select
        repository_uuid,
        pull_request_id,
        actor_uuid as reviewer_uuid,
        min(case when event_type = 'review_requested' then happened_at end) as requested_at,
        min(case when is_review then happened_at end) as first_review_at,
        count(case when is_review and event_type = 'comment' then 1 end) as comment_count,
        count(case when is_review and event_type = 'comment' and is_inline then 1 end) as inline_comment_count,
        count(case when is_review and event_type = 'approval' then 1 end) as approval_count,
        count(case when is_review and event_type = 'changes_requested' then 1 end) as changes_requested_count,
        max(case when is_review and event_type = 'approval' then event_number end) as last_approval_number,
        max(case when is_review and event_type = 'changes_requested' then event_number end) as last_request_number
    from {{ ref('int_bitbucket__pull_request_events') }} as events
    where actor_uuid is not null and {{ only_touched('pull_requests', 'events') }}
    group by repository_uuid, pull_request_id, actor_uuid
)

select
    pull_requests.repository_uuid,
    pull_requests.pull_request_id,
    reviewers.reviewer_uuid,
    pull_requests.author_uuid,
    bots.user_uuid is not null as is_bot_reviewer,
    said.requested_at is not null or coalesce(participants.role = 'REVIEWER', false) as was_requested,
    said.requested_at,
    said.first_review_at,
    said.first_review_at is not null as has_responded,
    case
        -- still a draft, or declined as one: nobody waited for what was said
        when said.first_review_at is not null and milestones.ready_at is null then 0
        when said.first_review_at < greatest(said.requested_at, milestones.ready_at) then 0
        else {{ hours_between('greatest(said.requested_at, milestones.ready_at)', 'said.first_review_at') }}
    end as response_hours,
    coalesce(said.comment_count, 0) as comment_count,
    coalesce(said.inline_comment_count, 0) as inline_comment_count,
    coalesce(said.approval_count, 0) as approval_count,
    coalesce(said.changes_requested_count, 0) as changes_requested_count,
    case
        when coalesce(participants.has_approved, false) then 'approved'
        when coalesce(participants.has_requested_changes, false) then 'changes_requested'
        when coalesce(said.last_approval_number, 0) > coalesce(said.last_request_number, 0) then 'approved'
        when said.last_request_number is not null then 'changes_requested'
        when said.first_review_at is not null then 'commented'
        else 'none'
    end as verdict,
    {{ reporting_day('said.first_review_at') }} as first_review_day,
    pull_requests.is_deleted,
    pull_requests.is_repository_deleted
from reviewers
inner join {{ ref('stg_bitbucket__pull_requests') }} as pull_requests
    on pull_requests.repository_uuid = reviewers.repository_uuid
    and pull_requests.pull_request_id = reviewers.pull_request_id
    and coalesce(pull_requests.author_uuid <> reviewers.reviewer_uuid, true)
inner join {{ ref('int_bitbucket__pull_request_milestones') }} as milestones
    on milestones.repository_uuid = reviewers.repository_uuid
    and milestones.pull_request_id = reviewers.pull_request_id
left join said
    on said.repository_uuid = reviewers.repository_uuid
    and said.pull_request_id = reviewers.pull_request_id
    and said.reviewer_uuid = reviewers.reviewer_uuid
left join {{ ref('stg_bitbucket__pull_request_participants') }} as participants
    on participants.repository_uuid = reviewers.repository_uuid
    and participants.pull_request_id = reviewers.pull_request_id
    and participants.user_uuid = reviewers.reviewer_uuid
    and not participants.is_deleted
left join {{ ref('int_bitbucket__bots_identified') }} as bots on bots.user_uuid = reviewers.reviewer_uuid
where reviewers.reviewer_uuid is not null
