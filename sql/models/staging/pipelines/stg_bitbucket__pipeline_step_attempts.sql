with pipeline_step_attempts as ({{ raw('pipeline_step_attempts') }})

select
    repository_uuid,
    pipeline_uuid,
    step_uuid,
    status,
    run_number,
    trigger_type,
    build_seconds_used,
    duration_in_seconds as running_seconds,
    {{ to_utc('started_on') }} as started_at,
    {{ to_utc('completed_on') }} as completed_at,
    {{ row_state(below='pipeline_step_attempts', keeps_history=true) }}
from pipeline_step_attempts
