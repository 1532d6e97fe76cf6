with pull_requests as ({{ raw('pull_requests') }})

select
    repository_uuid,
    id as pull_request_id,
    title,
    description,
    state,
    coalesce(draft, false) as is_draft,
    coalesce(queued, false) as is_queued,
    nullif(reason, '') as decline_reason,
    author_uuid,
    author_type,
    source_branch_name,
    substr(source_commit_hash, 1, 12) as source_short_hash,
    source_repository_uuid,
    destination_branch_name,
    substr(destination_commit_hash, 1, 12) as destination_short_hash,
    substr(merge_commit_hash, 1, 12) as merge_short_hash,
    close_source_branch as is_source_branch_closed_by_merge,
    closed_by_uuid,
    comment_count,
    task_count,
    html_url,
    {{ to_utc('created_on') }} as created_at,
    {{ to_utc('updated_on') }} as updated_at,
    {{ to_utc('closed_on') }} as closed_at,
    {{ row_state(below='pull_requests') }}
from pull_requests
