-- coding, draft, pickup, review and merge wait are the cycle, to a second, and none of them is negative
select
    repository_uuid,
    pull_request_id,
    cycle_hours,
    coding_hours + draft_hours + pickup_hours + review_hours + merge_wait_hours as phases_hours
from {{ ref('bitbucket__fct_pull_requests') }}
where
    cycle_hours is not null
    and (
        abs(cycle_hours - coding_hours - draft_hours - pickup_hours - review_hours - merge_wait_hours) > 1.0 / 3600
        or coding_hours < 0
        or draft_hours < 0
        or pickup_hours < -0.000001
        or review_hours < -0.000001
        or merge_wait_hours < -0.000001
        or deploy_hours < 0
        or pickup_weekday_hours > pickup_hours + 0.000001
        or review_weekday_hours > review_hours + 0.000001
    )
