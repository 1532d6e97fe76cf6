with workspaces as ({{ raw('workspaces') }})

select
    uuid as workspace_uuid,
    slug,
    name,
    is_private,
    forking_mode,
    html_url,
    {{ to_utc('created_on') }} as created_at,
    {{ row_state() }}
from workspaces
