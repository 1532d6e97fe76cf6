with downloads as ({{ raw('downloads') }})

select
    repository_uuid,
    name as file_name,
    size as size_bytes,
    downloads as download_count,
    user_uuid,
    {{ to_utc('created_on') }} as created_at,
    {{ row_state(below='downloads') }}
from downloads
