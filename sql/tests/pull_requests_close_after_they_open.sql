-- merged_at from a merge commit is in whole seconds, and a git client's clock may be off: a minute is forgiven
select repository_uuid, pull_request_id, opened_at, closed_at
from {{ ref('bitbucket__fct_pull_requests') }}
where opened_to_closed_hours < -1.0 / 60
