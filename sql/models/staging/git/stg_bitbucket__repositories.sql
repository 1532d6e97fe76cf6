with repositories as ({{ raw('repositories') }})

select
    uuid as repository_uuid,
    workspace_uuid,
    workspace_slug,
    slug,
    full_name,
    name,
    description,
    is_private,
    scm,
    project_key,
    mainbranch_name as default_branch_name,
    nullif(language, '') as language,
    size as size_bytes,
    fork_policy,
    parent_uuid as parent_repository_uuid,
    clone_https,
    clone_ssh,
    html_url,
    {{ to_utc('created_on') }} as created_at,
    {{ to_utc('updated_on') }} as updated_at,
    {{ row_state() }}
from repositories
