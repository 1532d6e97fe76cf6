with branch_restrictions as ({{ raw('branch_restrictions') }})

select
    repository_uuid,
    id as restriction_id,
    kind,
    branch_match_kind,
    pattern,
    branch_type,
    value as required_count,
    cast(users as {{ dbt.type_string() }}) as users,
    cast(groups as {{ dbt.type_string() }}) as groups,
    {{ row_state(below='branch_restrictions') }}
from branch_restrictions
