select
    cast(incident_id as {{ dbt.type_string() }}) as incident_id,
    cast(repository_full_name as {{ dbt.type_string() }}) as repository_full_name,
    cast(deployment_uuid as {{ dbt.type_string() }}) as deployment_uuid,
    cast(started_at as {{ type_timestamp_utc() }}) as started_at,
    cast(resolved_at as {{ type_timestamp_utc() }}) as resolved_at
from {{ ref(var('bitbucket_incidents', 'bitbucket_incidents')) }}
