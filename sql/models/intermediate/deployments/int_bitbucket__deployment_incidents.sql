-- off unless var `bitbucket_use_incidents`: then what people wrote down takes the place of what deployments suggest
with incidents as (
    select incidents.*, repositories.repository_uuid
    from {{ ref('stg_bitbucket__incidents') }} as incidents
    left join {{ ref('stg_bitbucket__repositories') }} as repositories
        on lower(repositories.full_name) = lower(incidents.repository_full_name)
    where {{ 'true' if var('bitbucket_use_incidents', false) else 'false' }}
),

candidates as (
    select
        incidents.incident_id,
        incidents.started_at as incident_started_at,
        incidents.resolved_at,
        deployments.*,
        row_number() over (
            partition by incidents.incident_id
            order by
                case when deployments.completed_at <= incidents.started_at then 0 else 1 end,
                case when deployments.completed_at > incidents.started_at then deployments.completed_at end,
                deployments.completed_at desc,
                deployments.started_at desc,
                deployments.deployment_uuid
        ) as nearness
    from incidents
    inner join {{ ref('int_bitbucket__deployments_sequenced') }} as deployments
        on deployments.is_production
        and deployments.is_successful
        and deployments.completed_at is not null
        -- the one that is named may have gone on when the incident began, or people may not know the minute
        and (
            deployments.deployment_uuid = incidents.deployment_uuid
            or (
                incidents.deployment_uuid is null
                and deployments.repository_uuid = incidents.repository_uuid
                and deployments.completed_at <= incidents.started_at
            )
        )
)

select
    incident_id,
    incident_started_at,
    resolved_at,
    repository_uuid,
    deployment_uuid,
    started_at,
    completed_at,
    service_key
from candidates
where nearness = 1
