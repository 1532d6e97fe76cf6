with pull_request_tasks as ({{ raw('pull_request_tasks') }})

select
    repository_uuid,
    pull_request_id,
    id as task_id,
    state,
    content_raw as content,
    creator_uuid,
    comment_id,
    coalesce(pending, false) as is_pending,
    resolved_by_uuid,
    {{ to_utc('resolved_on') }} as resolved_at,
    {{ to_utc('created_on') }} as created_at,
    {{ to_utc('updated_on') }} as updated_at,
    {{ row_state(below='pull_request_tasks') }}
from pull_request_tasks
