{{ config(**rebuilt_where_touched('pull_requests')) }}
-- an interval ends with the next update or the closing; two that touch are told as two and add up to the same
with updates as (
    select
        updates.repository_uuid,
        updates.pull_request_id,
        updates.update_number,
        case when updates.update_number = 1 then pull_requests.created_at else updates.happened_at end as started_at,
        coalesce(updates.next_happened_at, closings.closed_at) as ended_at
    from {{ ref('int_bitbucket__pull_request_updates') }} as updates
    inner join {{ ref('stg_bitbucket__pull_requests') }} as pull_requests
        on pull_requests.repository_uuid = updates.repository_uuid
        and pull_requests.pull_request_id = updates.pull_request_id
    inner join {{ ref('int_bitbucket__pull_request_closings') }} as closings
        on closings.repository_uuid = updates.repository_uuid
        and closings.pull_request_id = updates.pull_request_id
    where updates.is_draft and {{ only_touched('pull_requests', 'updates') }}
),

-- without activity all that is known is that it is a draft now
untold as (
    select
        pull_requests.repository_uuid,
        pull_requests.pull_request_id,
        cast(0 as bigint) as update_number,
        pull_requests.created_at as started_at,
        closings.closed_at as ended_at
    from {{ ref('stg_bitbucket__pull_requests') }} as pull_requests
    inner join {{ ref('int_bitbucket__pull_request_closings') }} as closings
        on closings.repository_uuid = pull_requests.repository_uuid
        and closings.pull_request_id = pull_requests.pull_request_id
    left join {{ ref('int_bitbucket__pull_request_updates') }} as updates
        on updates.repository_uuid = pull_requests.repository_uuid
        and updates.pull_request_id = pull_requests.pull_request_id
        and updates.update_number = 1
    where pull_requests.is_draft and updates.activity_id is null and {{ only_touched('pull_requests', 'pull_requests') }}
)

select repository_uuid, pull_request_id, update_number, started_at, ended_at from updates

union all

select repository_uuid, pull_request_id, update_number, started_at, ended_at from untold
