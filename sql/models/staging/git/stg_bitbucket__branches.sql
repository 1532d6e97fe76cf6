with branches as ({{ raw('branches') }})

select
    repository_uuid,
    name as branch_name,
    target_hash,
    {{ to_utc('target_date') }} as target_committed_at,
    default_merge_strategy,
    cast(merge_strategies as {{ dbt.type_string() }}) as merge_strategies,
    {{ row_state(below='branches') }}
from branches
