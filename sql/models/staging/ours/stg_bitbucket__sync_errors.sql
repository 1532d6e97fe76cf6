with sync_errors as ({{ raw('sync_errors') }})

select
    workspace_slug,
    table_name,
    repository as repository_full_name,
    nullif(repository_uuid, '') as repository_uuid,
    item,
    message,
    {{ to_utc('first_seen') }} as first_seen_at,
    {{ to_utc('last_seen') }} as last_seen_at,
    {{ to_utc('resolved_at') }} as resolved_at
from sync_errors
