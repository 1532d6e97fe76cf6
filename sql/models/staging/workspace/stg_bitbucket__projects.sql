with projects as ({{ raw('projects') }})

select
    uuid as project_uuid,
    workspace_uuid,
    workspace_slug,
    key as project_key,
    name,
    description,
    is_private,
    html_url,
    {{ to_utc('created_on') }} as created_at,
    {{ to_utc('updated_on') }} as updated_at,
    {{ row_state() }}
from projects
