with workspace_members as ({{ raw('workspace_members') }})

select
    workspace_uuid,
    workspace_slug,
    user_uuid,
    {{ row_state() }}
from workspace_members
