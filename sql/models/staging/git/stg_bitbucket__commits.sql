with commits as ({{ raw('commits') }})

select
    repository_uuid,
    hash as commit_hash,
    substr(hash, 1, 12) as short_hash,
    {{ to_utc('date') }} as committed_at,
    author_raw,
    author_user_uuid,
    message,
    {{ row_state(below='commits') }}
from commits
