select
    repository_uuid,
    environment_uuid,
    environment_name,
    environment_slug,
    environment_type,
    environment_rank,
    environment_kind,
    is_kind_from_seed,
    coalesce(environment_kind = 'production', false) as is_production,
    service_key,
    is_hidden,
    deleted_at,
    is_deleted,
    is_repository_deleted
from {{ ref('int_bitbucket__environments_classified') }}
