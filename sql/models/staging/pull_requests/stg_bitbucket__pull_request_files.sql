with pull_request_files as ({{ raw('pull_request_files') }})

select
    repository_uuid,
    pull_request_id,
    path,
    old_path,
    status,
    lines_added,
    lines_removed,
    {{ row_state(below='pull_request_files') }}
from pull_request_files
