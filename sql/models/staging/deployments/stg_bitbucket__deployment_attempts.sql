with deployment_attempts as ({{ raw('deployment_attempts') }})

select
    repository_uuid,
    deployment_uuid,
    environment_uuid,
    step_uuid,
    release_pipeline_uuid as pipeline_uuid,
    release_name,
    commit_hash,
    substr(commit_hash, 1, 12) as short_hash,
    status,
    deployer_uuid,
    version,
    {{ to_utc('started_on') }} as started_at,
    {{ to_utc('completed_on') }} as completed_at,
    {{ row_state(below='deployment_attempts', keeps_history=true) }}
from deployment_attempts
