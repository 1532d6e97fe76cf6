-- what syncs that did not come to their end read beyond as_of had not happened then
with events as (
    select events.*
    from {{ ref('int_bitbucket__pull_request_events') }} as events
    inner join {{ ref('int_bitbucket__as_of') }} as as_of on events.happened_at <= as_of.as_of_at
    where (events.repository_uuid, events.pull_request_id) in (
        select repository_uuid, pull_request_id from {{ ref('bitbucket__fct_pull_requests') }} where state = 'OPEN'
    )
),

last_events as (
    select
        repository_uuid,
        pull_request_id,
        max(happened_at) as last_event_at,
        max(case when event_type = 'draft' then happened_at end) as last_draft_at,
        max(case when event_type = 'ready' then happened_at end) as last_ready_at,
        max(case when event_type = 'ready' then event_number end) as last_ready_number,
        max(case when is_review then event_number end) as last_review_number,
        max(case when is_review and event_type = 'approval' then event_number end) as last_approval_number,
        max(case when event_type = 'push' then event_number end) as last_push_number,
        max(case when event_type = 'push' then happened_at end) as last_push_at,
        max(case when is_review then happened_at end) as last_review_at
    from events
    group by repository_uuid, pull_request_id
),

drafts as (
    select
        intervals.repository_uuid,
        intervals.pull_request_id,
        sum({{ hours_between('intervals.started_at', 'least(intervals.ended_at, as_of.as_of_at)') }}) as draft_hours
    from {{ ref('int_bitbucket__pull_request_draft_intervals') }} as intervals
    inner join {{ ref('int_bitbucket__as_of') }} as as_of on intervals.started_at <= as_of.as_of_at
    group by intervals.repository_uuid, intervals.pull_request_id
),

open_ones as (
    select
        pull_requests.*,
        as_of.as_of_at,
        last_events.last_event_at,
        case
            when pull_requests.is_draft then 'author'
            when last_events.last_review_number is null then 'first review'
            when coalesce(last_events.last_push_number, 0) > last_events.last_review_number then 'reviewer'
            when last_events.last_approval_number = last_events.last_review_number then 'merge'
            -- who takes a draft back out asks for another look
            when coalesce(last_events.last_ready_number, 0) > last_events.last_review_number then 'reviewer'
            else 'author'
        end as waits_for,
        case
            when pull_requests.is_draft then coalesce(last_events.last_draft_at, pull_requests.opened_at)
            when last_events.last_review_number is null
                then coalesce(last_events.last_ready_at, pull_requests.opened_at)
            -- nobody waits for the others while it is a draft
            when coalesce(last_events.last_push_number, 0) > last_events.last_review_number
                then greatest(last_events.last_push_at, last_events.last_ready_at)
            else greatest(last_events.last_review_at, last_events.last_ready_at)
        end as waits_since_at
    from {{ ref('bitbucket__fct_pull_requests') }} as pull_requests
    inner join {{ ref('int_bitbucket__as_of') }} as as_of on pull_requests.opened_at <= as_of.as_of_at
    left join last_events
        on last_events.repository_uuid = pull_requests.repository_uuid
        and last_events.pull_request_id = pull_requests.pull_request_id
    where
        pull_requests.state = 'OPEN'
        and not pull_requests.is_deleted
        and not pull_requests.is_repository_deleted
)

select
    open_ones.repository_uuid,
    open_ones.pull_request_id,
    open_ones.title,
    open_ones.author_uuid,
    open_ones.is_bot_author,
    open_ones.is_draft,
    open_ones.opened_at,
    open_ones.as_of_at,
    {{ hours_between('open_ones.opened_at', 'open_ones.as_of_at') }} as age_hours,
    coalesce(drafts.draft_hours, 0) as draft_hours,
    open_ones.waits_for,
    open_ones.waits_since_at,
    {{ hours_between('open_ones.waits_since_at', 'open_ones.as_of_at') }} as waiting_hours,
    {{ hours_between('open_ones.last_event_at', 'open_ones.as_of_at') }} as idle_hours,
    open_ones.reviewer_count,
    open_ones.approval_count,
    open_ones.review_comment_count,
    open_ones.lines_changed,
    open_ones.html_url
from open_ones
left join drafts
    on drafts.repository_uuid = open_ones.repository_uuid
    and drafts.pull_request_id = open_ones.pull_request_id
