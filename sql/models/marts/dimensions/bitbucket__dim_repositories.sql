-- a key can be taken again after its project was deleted: the living project, else the newest, has the name
with projects as (
    select
        *,
        row_number() over (
            partition by workspace_uuid, project_key
            order by case when is_deleted then 1 else 0 end, created_at desc, project_uuid
        ) as name_rank
    from {{ ref('stg_bitbucket__projects') }}
)

select
    repositories.repository_uuid,
    repositories.workspace_uuid,
    repositories.workspace_slug,
    repositories.slug as repository_slug,
    repositories.full_name,
    repositories.name as repository_name,
    repositories.description,
    projects.project_uuid,
    repositories.project_key,
    projects.name as project_name,
    repositories.default_branch_name,
    repositories.language,
    repositories.size_bytes,
    repositories.is_private,
    repositories.parent_repository_uuid is not null as is_fork,
    repositories.parent_repository_uuid,
    repositories.html_url,
    repositories.created_at,
    repositories.updated_at,
    repositories.deleted_at,
    repositories.is_deleted
from {{ ref('stg_bitbucket__repositories') }} as repositories
left join projects
    on projects.workspace_uuid = repositories.workspace_uuid
    and projects.project_key = repositories.project_key
    and projects.name_rank = 1
