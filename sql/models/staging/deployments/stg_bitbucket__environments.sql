with environments as ({{ raw('environments') }})

select
    repository_uuid,
    uuid as environment_uuid,
    name as environment_name,
    slug as environment_slug,
    environment_type_name as environment_type,
    rank as environment_rank,
    coalesce(hidden, false) as is_hidden,
    {{ row_state(below='environments') }}
from environments
