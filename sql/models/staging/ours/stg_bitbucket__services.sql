select
    lower(cast(repository_pattern as {{ dbt.type_string() }})) as repository_pattern,
    lower(cast(environment_pattern as {{ dbt.type_string() }})) as environment_pattern,
    cast(service as {{ dbt.type_string() }}) as service,
    cast(priority as bigint) as priority
from {{ ref(var('bitbucket_services', 'bitbucket_services')) }}
