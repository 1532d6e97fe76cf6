with pull_request_activity as ({{ raw('pull_request_activity') }})

select
    repository_uuid,
    pull_request_id,
    activity_id,
    kind,
    {{ to_utc('date') }} as happened_at,
    nullif(user_uuid, '') as user_uuid,
    update_state,
    coalesce(update_draft, false) as is_draft,
    substr(source_commit_hash, 1, 12) as source_short_hash,
    destination_branch_name,
    comment_id,
    {{ row_state(below='pull_request_activity') }}
from pull_request_activity
