with deployment_commits as ({{ raw('deployment_commits') }})

select
    repository_uuid,
    deployment_uuid,
    {{ to_utc('started_on') }} as started_at,
    hash as commit_hash,
    substr(hash, 1, 12) as short_hash,
    environment_uuid,
    previous_deployment_uuid,
    {{ to_utc('previous_started_on') }} as previous_started_at,
    {{ row_state(below='deployment_commits') }}
from deployment_commits
