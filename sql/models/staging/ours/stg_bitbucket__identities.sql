select
    lower(cast(email as {{ dbt.type_string() }})) as email,
    cast(user_uuid as {{ dbt.type_string() }}) as user_uuid
from {{ ref(var('bitbucket_identities', 'bitbucket_identities')) }}
