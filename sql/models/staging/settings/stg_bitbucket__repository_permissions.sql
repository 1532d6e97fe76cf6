with repository_permissions as ({{ raw('repository_permissions') }})

select
    repository_uuid,
    granted_to,
    user_uuid,
    group_slug,
    group_name,
    permission,
    {{ row_state(below='repository_permissions') }}
from repository_permissions
