-- a repository whose environments all belong to services of the seed is no service of its own
with assigned as (
    select service_key, service_name, is_service_from_seed, repository_uuid
    from {{ ref('int_bitbucket__environments_classified') }}

    union all

    select
        repositories.repository_uuid as service_key,
        repositories.full_name as service_name,
        false as is_service_from_seed,
        repositories.repository_uuid
    from {{ ref('stg_bitbucket__repositories') }} as repositories
    where not exists (
        select 1
        from {{ ref('int_bitbucket__environments_classified') }} as environments
        where environments.repository_uuid = repositories.repository_uuid
    )
)

select
    service_key,
    max(service_name) as service_name,
    max(case when is_service_from_seed then 1 else 0 end) = 1 as is_from_seed,
    count(distinct repository_uuid) as repository_count
from assigned
group by service_key
