with deployments as ({{ raw('deployments') }})

select
    repository_uuid,
    uuid as deployment_uuid,
    environment_uuid,
    step_uuid,
    release_pipeline_uuid as pipeline_uuid,
    release_name,
    commit_hash,
    substr(commit_hash, 1, 12) as short_hash,
    state_name as state,
    state_status_name as status,
    state_deployer_uuid as deployer_uuid,
    version,
    {{ to_utc('state_started_on') }} as started_at,
    {{ to_utc('state_completed_on') }} as completed_at,
    {{ row_state(below='deployments') }}
from deployments
