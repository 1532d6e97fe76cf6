{{ config(**rebuilt_where_touched('pull_requests')) }}
-- clocks of machines differ: no station counts before the opening or after the merge (greatest and least skip nulls)
with bounded as (
    select
        repository_uuid,
        pull_request_id,
        first_commit_at,
        opened_at,
        first_review_at is not null as was_reviewed,
        greatest(merged_at, opened_at) as ended_at,
        least(greatest(first_review_at, opened_at), greatest(merged_at, opened_at)) as reviewed_at,
        case when final_approval_at is not null then greatest(final_approval_at, opened_at) end as approved_at
    from {{ ref('int_bitbucket__pull_request_milestones') }} as milestones
    where merged_at is not null and {{ only_touched('pull_requests', 'milestones') }}
),

spans as (
    select
        repository_uuid, pull_request_id, 'pickup' as phase, opened_at as started_at,
        case when was_reviewed then reviewed_at else ended_at end as ended_at
    from bounded

    union all

    select
        repository_uuid, pull_request_id, 'review', reviewed_at, least(coalesce(approved_at, ended_at), ended_at)
    from bounded
    where was_reviewed

    union all

    select
        repository_uuid, pull_request_id, 'merge_wait', least(coalesce(approved_at, ended_at), ended_at), ended_at
    from bounded
    where was_reviewed
),

drafts as (
    select
        spans.repository_uuid,
        spans.pull_request_id,
        spans.phase,
        greatest(spans.started_at, intervals.started_at) as started_at,
        least(spans.ended_at, coalesce(intervals.ended_at, spans.ended_at)) as ended_at
    from spans
    inner join {{ ref('int_bitbucket__pull_request_draft_intervals') }} as intervals
        on intervals.repository_uuid = spans.repository_uuid
        and intervals.pull_request_id = spans.pull_request_id
        and intervals.started_at < spans.ended_at
        and coalesce(intervals.ended_at > spans.started_at, true)
),

lengths as (
    select
        repository_uuid, pull_request_id, phase,
        {{ hours_between('started_at', 'ended_at') }} as hours,
        {{ weekday_hours_until('ended_at') }} - {{ weekday_hours_until('started_at') }} as weekday_hours,
        0 as draft_hours
    from spans

    union all

    select
        repository_uuid, pull_request_id, phase,
        -({{ hours_between('started_at', 'ended_at') }}),
        -({{ weekday_hours_until('ended_at') }} - {{ weekday_hours_until('started_at') }}),
        {{ hours_between('started_at', 'ended_at') }}
    from drafts
),

added as (
    select
        repository_uuid,
        pull_request_id,
        sum(case when phase = 'pickup' then hours else 0 end) as pickup_hours,
        sum(case when phase = 'review' then hours else 0 end) as review_hours,
        sum(case when phase = 'merge_wait' then hours else 0 end) as merge_wait_hours,
        sum(draft_hours) as draft_hours,
        sum(case when phase = 'pickup' then weekday_hours else 0 end) as pickup_weekday_hours,
        sum(case when phase = 'review' then weekday_hours else 0 end) as review_weekday_hours
    from lengths
    group by repository_uuid, pull_request_id
),

-- opening writes an update: of a pull request without any, the activity is not stored
told as (
    select repository_uuid, pull_request_id
    from {{ ref('int_bitbucket__pull_request_updates') }} as updates
    where update_number = 1 and {{ only_touched('pull_requests', 'updates') }}
)

select
    bounded.repository_uuid,
    bounded.pull_request_id,
    case
        when bounded.was_reviewed then true
        when told.pull_request_id is not null then false
    end as was_reviewed,
    coalesce(bounded.first_commit_at > bounded.opened_at, false) as is_rebased,
    case
        when bounded.first_commit_at < bounded.opened_at
            then {{ hours_between('bounded.first_commit_at', 'bounded.opened_at') }}
        else 0
    end as coding_hours,
    added.draft_hours,
    added.pickup_hours,
    added.review_hours,
    added.merge_wait_hours,
    {{ hours_between('least(bounded.first_commit_at, bounded.opened_at)', 'bounded.ended_at') }} as cycle_hours,
    added.pickup_weekday_hours,
    added.review_weekday_hours
from bounded
inner join added
    on added.repository_uuid = bounded.repository_uuid and added.pull_request_id = bounded.pull_request_id
left join told
    on told.repository_uuid = bounded.repository_uuid and told.pull_request_id = bounded.pull_request_id
