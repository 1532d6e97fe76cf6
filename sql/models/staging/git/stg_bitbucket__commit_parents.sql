with commit_parents as ({{ raw('commit_parents') }})

select
    repository_uuid,
    hash as commit_hash,
    position as parent_position,
    parent_hash,
    {{ row_state(below='commit_parents') }}
from commit_parents
