-- the cycle exists for every merged pull request of which something tells when it was merged
select repository_uuid, pull_request_id
from {{ ref('bitbucket__fct_pull_requests') }}
where (cycle_hours is null) <> (merged_at is null)
