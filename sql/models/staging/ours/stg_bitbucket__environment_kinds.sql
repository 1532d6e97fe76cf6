select
    lower(cast(repository_pattern as {{ dbt.type_string() }})) as repository_pattern,
    lower(cast(environment_pattern as {{ dbt.type_string() }})) as environment_pattern,
    lower(cast(environment_kind as {{ dbt.type_string() }})) as environment_kind,
    cast(priority as bigint) as priority
from {{ ref(var('bitbucket_environment_kinds', 'bitbucket_environment_kinds')) }}
