with report_annotations as ({{ raw('report_annotations') }})

select
    repository_uuid,
    commit_hash,
    report_uuid,
    uuid as annotation_uuid,
    external_id,
    annotation_type,
    path,
    line,
    summary,
    details,
    severity,
    result,
    link,
    {{ to_utc('created_on') }} as created_at,
    {{ to_utc('updated_on') }} as updated_at,
    {{ row_state(below='report_annotations') }}
from report_annotations
