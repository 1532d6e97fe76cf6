with default_reviewers as ({{ raw('default_reviewers') }})

select
    repository_uuid,
    user_uuid,
    {{ row_state(below='default_reviewers') }}
from default_reviewers
