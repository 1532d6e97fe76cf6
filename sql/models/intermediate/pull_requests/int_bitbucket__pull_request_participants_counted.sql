{{ config(**rebuilt_where_touched('pull_requests')) }}
with participants as (
    select
        participants.repository_uuid,
        participants.pull_request_id,
        participants.role,
        participants.has_approved,
        participants.has_requested_changes,
        bots.user_uuid is not null as is_bot
    from {{ ref('stg_bitbucket__pull_request_participants') }} as participants
    inner join {{ ref('stg_bitbucket__pull_requests') }} as pull_requests
        on pull_requests.repository_uuid = participants.repository_uuid
        and pull_requests.pull_request_id = participants.pull_request_id
    left join {{ ref('int_bitbucket__bots_identified') }} as bots on bots.user_uuid = participants.user_uuid
    -- '' is an account that is gone: of a pull request whose author is gone, it may be the author
    where
        {{ only_touched('pull_requests', 'participants') }}
        and not participants.is_deleted
        and participants.user_uuid <> coalesce(pull_requests.author_uuid, '')
)

select
    repository_uuid,
    pull_request_id,
    count(case when not is_bot then 1 end) as participant_count,
    count(case when not is_bot and role = 'REVIEWER' then 1 end) as reviewer_count,
    count(case when not is_bot and has_approved then 1 end) as approval_count,
    count(case when not is_bot and has_requested_changes then 1 end) as changes_requested_count,
    count(case when is_bot and has_approved then 1 end) as bot_approval_count
from participants
group by repository_uuid, pull_request_id
