select
    pull_requests.repository_uuid,
    pull_requests.pull_request_id,
    pull_requests.title,
    pull_requests.state,
    pull_requests.is_draft,
    pull_requests.is_queued,
    pull_requests.decline_reason,
    pull_requests.author_uuid,
    coalesce(pull_requests.author_type = 'app_user', false) or bots.user_uuid is not null as is_bot_author,
    pull_requests.closed_by_uuid,
    case
        when pull_requests.state = 'MERGED' then pull_requests.closed_by_uuid = pull_requests.author_uuid
    end as is_self_merged,
    pull_requests.source_repository_uuid,
    pull_requests.source_repository_uuid <> pull_requests.repository_uuid as is_from_fork,
    pull_requests.source_branch_name,
    pull_requests.source_short_hash,
    pull_requests.destination_branch_name,
    pull_requests.destination_short_hash,
    pull_requests.merge_short_hash,
    milestones.opened_at,
    pull_requests.updated_at,
    milestones.closed_at,
    milestones.merged_at,
    milestones.merged_at_source,
    {{ reporting_day('milestones.merged_at') }} as merged_day,
    {{ hours_between('milestones.opened_at', 'milestones.closed_at') }} as opened_to_closed_hours,
    coalesce(participants.participant_count, 0) as participant_count,
    coalesce(participants.reviewer_count, 0) as reviewer_count,
    coalesce(participants.approval_count, 0) as approval_count,
    coalesce(participants.changes_requested_count, 0) as changes_requested_count,
    coalesce(participants.bot_approval_count, 0) as bot_approval_count,
    pull_requests.comment_count,
    pull_requests.task_count,
    pull_requests.html_url,
    pull_requests.is_deleted,
    pull_requests.is_repository_deleted
from {{ ref('stg_bitbucket__pull_requests') }} as pull_requests
inner join {{ ref('int_bitbucket__pull_request_milestones') }} as milestones
    on milestones.repository_uuid = pull_requests.repository_uuid
    and milestones.pull_request_id = pull_requests.pull_request_id
left join {{ ref('int_bitbucket__pull_request_participants_counted') }} as participants
    on participants.repository_uuid = pull_requests.repository_uuid
    and participants.pull_request_id = pull_requests.pull_request_id
left join {{ ref('int_bitbucket__bots_identified') }} as bots on bots.user_uuid = pull_requests.author_uuid
