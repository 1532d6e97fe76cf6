{%- set window_hours = var('bitbucket_change_fail_hours', 24) -%}
{%- set use_incidents = var('bitbucket_use_incidents', false) -%}

{% if use_incidents -%}
select
    incidents.repository_uuid,
    incidents.deployment_uuid,
    incidents.started_at,
    {{ dbt.concat(["'incident '", 'incidents.incident_id']) }} as failure_id,
    'incident' as cause,
    incidents.service_key,
    deployments.environment_uuid,
    deployments.is_production,
    incidents.incident_id,
    cast(null as {{ dbt.type_string() }}) as remediation_deployment_uuid,
    cast(null as {{ type_timestamp_utc() }}) as remediation_started_at,
    incidents.completed_at as failed_at,
    incidents.resolved_at as recovered_at,
    {{ hours_after('incidents.completed_at', 'incidents.resolved_at') }} as recovery_hours,
    incidents.resolved_at is null as is_open,
    true as is_change_failure,
    {{ reporting_day('incidents.completed_at') }} as failed_day
from {{ ref('int_bitbucket__deployment_incidents') }} as incidents
inner join {{ ref('int_bitbucket__deployments_sequenced') }} as deployments
    on deployments.repository_uuid = incidents.repository_uuid
    and deployments.deployment_uuid = incidents.deployment_uuid
    and deployments.started_at = incidents.started_at
{%- else -%}
-- each remediation blames one deployment: the one it replaced
select
    repository_uuid,
    blamed_deployment_uuid as deployment_uuid,
    blamed_started_at as started_at,
    {{ dbt.concat(["'replaced by '", 'deployment_uuid']) }} as failure_id,
    remediation_kind as cause,
    service_key,
    environment_uuid,
    is_production,
    cast(null as {{ dbt.type_string() }}) as incident_id,
    deployment_uuid as remediation_deployment_uuid,
    started_at as remediation_started_at,
    blamed_completed_at as failed_at,
    completed_at as recovered_at,
    recovery_hours,
    completed_at is null as is_open,
    coalesce(recovery_hours <= {{ window_hours }}, false) as is_change_failure,
    {{ reporting_day('blamed_completed_at') }} as failed_day
from {{ ref('int_bitbucket__deployment_remediations') }}
{%- endif %}
