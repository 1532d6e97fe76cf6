-- every seed that a project may replace comes in through a staging model: unit tests then name the model, not the seed
select
    cast(user_uuid as {{ dbt.type_string() }}) as user_uuid,
    cast(reason as {{ dbt.type_string() }}) as reason
from {{ ref(var('bitbucket_bots', 'bitbucket_bots')) }}
