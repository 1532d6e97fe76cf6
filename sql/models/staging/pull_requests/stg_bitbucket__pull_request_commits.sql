with pull_request_commits as ({{ raw('pull_request_commits') }})

select
    repository_uuid,
    pull_request_id,
    hash as commit_hash,
    substr(hash, 1, 12) as short_hash,
    position as commit_position,
    {{ to_utc('date') }} as committed_at,
    author_raw,
    nullif(author_user_uuid, '') as author_user_uuid,
    parent_count,
    {{ row_state(below='pull_request_commits') }}
from pull_request_commits
