with reports as ({{ raw('reports') }})

select
    repository_uuid,
    commit_hash,
    uuid as report_uuid,
    external_id,
    title,
    details,
    reporter,
    report_type,
    result,
    cast(data as {{ dbt.type_string() }}) as data,
    link,
    {{ to_utc('created_on') }} as created_at,
    {{ to_utc('updated_on') }} as updated_at,
    {{ row_state(below='reports') }}
from reports
