{{ config(**rebuilt_where_touched('pull_requests')) }}
-- what an update changed is seen by the one before it; of two at one instant the feed numbers the older one higher
with updates as (
    select
        repository_uuid,
        pull_request_id,
        activity_id,
        happened_at,
        user_uuid,
        update_state,
        is_draft,
        source_short_hash,
        row_number() over in_feed as update_number,
        lag(is_draft) over in_feed as was_draft,
        lead(happened_at) over in_feed as next_happened_at
    from {{ ref('stg_bitbucket__pull_request_activity') }} as activity
    where kind = 'update' and not is_deleted and {{ only_touched('pull_requests', 'activity') }}
    window in_feed as (partition by repository_uuid, pull_request_id order by happened_at, activity_id desc)
),

-- of a commit that is gone an update may not tell the head: the one before that does is meant
heads as (
    select
        repository_uuid,
        pull_request_id,
        activity_id,
        lag(source_short_hash) over (
            partition by repository_uuid, pull_request_id
            order by update_number
        ) as previous_short_hash
    from updates
    where source_short_hash is not null
)

select
    updates.repository_uuid,
    updates.pull_request_id,
    updates.activity_id,
    updates.update_number,
    updates.happened_at,
    updates.user_uuid,
    updates.update_state,
    updates.is_draft,
    updates.source_short_hash,
    updates.next_happened_at,
    updates.is_draft and not coalesce(updates.was_draft, false) as is_switched_to_draft,
    not updates.is_draft and coalesce(updates.was_draft, false) as is_switched_to_ready,
    coalesce(
        updates.update_state = 'OPEN' and updates.source_short_hash <> heads.previous_short_hash, false
    ) as is_push
from updates
left join heads
    on heads.repository_uuid = updates.repository_uuid
    and heads.pull_request_id = updates.pull_request_id
    and heads.activity_id = updates.activity_id
