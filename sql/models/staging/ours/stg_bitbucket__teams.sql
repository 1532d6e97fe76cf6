select
    cast(user_uuid as {{ dbt.type_string() }}) as user_uuid,
    cast(team as {{ dbt.type_string() }}) as team
from {{ ref(var('bitbucket_teams', 'bitbucket_teams')) }}
