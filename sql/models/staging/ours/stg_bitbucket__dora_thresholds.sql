select
    cast(metric as {{ dbt.type_string() }}) as metric,
    cast(category as {{ dbt.type_string() }}) as category,
    cast(at_least as {{ type_double() }}) as at_least,
    cast(below as {{ type_double() }}) as below,
    cast(unit as {{ dbt.type_string() }}) as unit,
    cast(year as bigint) as survey_year,
    cast(source as {{ dbt.type_string() }}) as source
from {{ ref(var('bitbucket_dora_thresholds', 'bitbucket_dora_thresholds')) }}
