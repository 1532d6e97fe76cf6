with pull_request_participants as ({{ raw('pull_request_participants') }})

select
    repository_uuid,
    pull_request_id,
    user_uuid,
    role,
    coalesce(approved, false) as has_approved,
    coalesce(state = 'changes_requested', false) as has_requested_changes,
    {{ to_utc('participated_on') }} as participated_at,
    {{ row_state(below='pull_request_participants') }}
from pull_request_participants
