select repository_uuid, pipeline_uuid, created_at, first_step_started_at, completed_at
from {{ ref('bitbucket__fct_pipeline_runs') }}
where elapsed_seconds < 0 or first_step_started_at < created_at
