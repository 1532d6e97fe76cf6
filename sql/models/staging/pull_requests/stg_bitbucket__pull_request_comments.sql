with pull_request_comments as ({{ raw('pull_request_comments') }})

select
    repository_uuid,
    pull_request_id,
    id as comment_id,
    nullif(user_uuid, '') as user_uuid,
    content_raw as content,
    parent_id as parent_comment_id,
    inline_path,
    inline_path is not null as is_inline,
    coalesce(pending, false) as is_pending,
    coalesce(deleted, false) as is_content_deleted,
    {{ to_utc('created_on') }} as created_at,
    {{ to_utc('updated_on') }} as updated_at,
    {{ to_utc('resolution_created_on') }} as resolved_at,
    {{ row_state(below='pull_request_comments') }}
from pull_request_comments
