with commit_trailers as ({{ raw('commit_trailers') }})

select
    repository_uuid,
    hash as commit_hash,
    substr(hash, 1, 12) as short_hash,
    position as trailer_position,
    lower(key) as trailer_key,
    value as trailer_value,
    {{ row_state(below='commit_trailers') }}
from commit_trailers
