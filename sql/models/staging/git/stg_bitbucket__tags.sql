with tags as ({{ raw('tags') }})

select
    repository_uuid,
    name as tag_name,
    target_hash,
    {{ to_utc('target_date') }} as target_committed_at,
    {{ to_utc('date') }} as tagged_at,
    message,
    tagger_raw,
    tagger_user_uuid,
    {{ row_state(below='tags') }}
from tags
