with pull_request_activity_reviewers as ({{ raw('pull_request_activity_reviewers') }})

select
    repository_uuid,
    pull_request_id,
    activity_id,
    user_uuid,
    {{ row_state(below='pull_request_activity_reviewers') }}
from pull_request_activity_reviewers
