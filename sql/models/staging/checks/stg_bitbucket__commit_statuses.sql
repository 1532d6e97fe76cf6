with commit_statuses as ({{ raw('commit_statuses') }})

select
    repository_uuid,
    commit_hash,
    key as status_key,
    uuid as status_uuid,
    state,
    name as status_name,
    description,
    url,
    refname,
    {{ to_utc('created_on') }} as created_at,
    {{ to_utc('updated_on') }} as updated_at,
    {{ row_state(below='commit_statuses') }}
from commit_statuses
