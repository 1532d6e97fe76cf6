-- the attempt before and the one after point at each other, and only a first one is a baseline
with deployments as (
    select * from {{ ref('bitbucket__fct_deployments') }} where is_successful
)

select
    later.repository_uuid,
    later.deployment_uuid,
    later.started_at
from deployments as later
left join deployments as earlier
    on earlier.repository_uuid = later.repository_uuid
    and earlier.deployment_uuid = later.previous_deployment_uuid
    and earlier.started_at = later.previous_started_at
where
    later.is_baseline <> (later.previous_deployment_uuid is null)
    or (
        later.previous_deployment_uuid is not null
        and (
            earlier.deployment_uuid is null
            or earlier.environment_uuid <> later.environment_uuid
            or earlier.started_at > later.started_at
            or earlier.next_deployment_uuid <> later.deployment_uuid
            or earlier.next_started_at <> later.started_at
        )
    )
