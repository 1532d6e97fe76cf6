-- an address may stand there twice, in other letters: it is one all the same
select
    lower(trim(cast(email as {{ dbt.type_string() }}))) as email,
    min({{ contributor_key('cast(user_uuid as ' ~ dbt.type_string() ~ ')') }}) as user_uuid
from {{ ref(var('bitbucket_identities', 'bitbucket_identities')) }}
group by lower(trim(cast(email as {{ dbt.type_string() }})))
