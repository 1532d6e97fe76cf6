with environments as (
    select environments.*, repositories.full_name as repository_full_name
    from {{ ref('stg_bitbucket__environments') }} as environments
    left join {{ ref('stg_bitbucket__repositories') }} as repositories
        on repositories.repository_uuid = environments.repository_uuid
),

kinds as (
    select
        environments.repository_uuid,
        environments.environment_uuid,
        kinds.environment_kind,
        row_number() over (
            partition by environments.repository_uuid, environments.environment_uuid
            order by
                kinds.priority,
                {%- for column in ['environment_pattern', 'repository_pattern', 'environment_kind'] %}
                {{ in_code_order('kinds.' ~ column) }} {{ "," if not loop.last }}
                {%- endfor %}
        ) as kind_rank
    from environments
    inner join {{ ref('stg_bitbucket__environment_kinds') }} as kinds
        on {{ is_like('lower(environments.repository_full_name)', 'kinds.repository_pattern') }}
        and {{ is_like('lower(environments.environment_name)', 'kinds.environment_pattern') }}
),

services as (
    select
        environments.repository_uuid,
        environments.environment_uuid,
        services.service,
        row_number() over (
            partition by environments.repository_uuid, environments.environment_uuid
            order by
                services.priority,
                {%- for column in ['repository_pattern', 'environment_pattern', 'service'] %}
                {{ in_code_order('services.' ~ column) }} {{ "," if not loop.last }}
                {%- endfor %}
        ) as service_rank
    from environments
    inner join {{ ref('stg_bitbucket__services') }} as services
        on {{ is_like('lower(environments.repository_full_name)', 'services.repository_pattern') }}
        and {{ is_like('lower(environments.environment_name)', 'services.environment_pattern') }}
)

select
    environments.repository_uuid,
    environments.environment_uuid,
    environments.environment_name,
    environments.environment_slug,
    environments.environment_type,
    environments.environment_rank,
    coalesce(kinds.environment_kind, lower(environments.environment_type)) as environment_kind,
    kinds.environment_kind is not null as is_kind_from_seed,
    coalesce(services.service, environments.repository_uuid) as service_key,
    coalesce(services.service, environments.repository_full_name, environments.repository_uuid) as service_name,
    services.service is not null as is_service_from_seed,
    environments.is_hidden,
    environments.deleted_at,
    environments.is_deleted,
    environments.is_repository_deleted
from environments
left join kinds
    on kinds.repository_uuid = environments.repository_uuid
    and kinds.environment_uuid = environments.environment_uuid
    and kinds.kind_rank = 1
left join services
    on services.repository_uuid = environments.repository_uuid
    and services.environment_uuid = environments.environment_uuid
    and services.service_rank = 1
