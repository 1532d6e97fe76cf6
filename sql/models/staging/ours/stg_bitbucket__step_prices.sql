select
    lower(cast(step_pattern as {{ dbt.type_string() }})) as step_pattern,
    cast(price_per_minute as {{ type_double() }}) as price_per_minute,
    cast(currency as {{ dbt.type_string() }}) as currency,
    cast(priority as bigint) as priority
from {{ ref(var('bitbucket_step_prices', 'bitbucket_step_prices')) }}
