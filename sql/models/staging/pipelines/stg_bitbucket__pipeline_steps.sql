with pipeline_steps as ({{ raw('pipeline_steps') }})

select
    repository_uuid,
    pipeline_uuid,
    uuid as step_uuid,
    position as step_position,
    name as step_name,
    run_number,
    state_name as state,
    state_stage_name as stage,
    state_result_name as result,
    trigger_type,
    image_name,
    max_time as max_minutes,
    build_seconds_used,
    duration_in_seconds as running_seconds,
    {{ to_utc('started_on') }} as started_at,
    {{ to_utc('completed_on') }} as completed_at,
    {{ row_state(below='pipeline_steps') }}
from pipeline_steps
