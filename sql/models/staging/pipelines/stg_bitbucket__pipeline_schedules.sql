with pipeline_schedules as ({{ raw('pipeline_schedules') }})

select
    repository_uuid,
    uuid as schedule_uuid,
    enabled as is_enabled,
    cron_pattern,
    target_ref_type as ref_type,
    target_ref_name as ref_name,
    target_selector_type as selector_type,
    target_selector_pattern as selector_pattern,
    {{ to_utc('created_on') }} as created_at,
    {{ to_utc('updated_on') }} as updated_at,
    {{ row_state(below='pipeline_schedules') }}
from pipeline_schedules
