{{ config(**rebuilt_where_touched('pull_requests')) }}
with pull_requests as (
    select * from {{ ref('stg_bitbucket__pull_requests') }} as pull_requests
    where {{ only_touched('pull_requests', 'pull_requests') }}
),

updates as (
    select * from {{ ref('int_bitbucket__pull_request_updates') }} as updates
    where {{ only_touched('pull_requests', 'updates') }}
),

reviewers as (
    select
        reviewers.repository_uuid,
        reviewers.pull_request_id,
        reviewers.user_uuid,
        min(updates.happened_at) as happened_at
    from {{ ref('stg_bitbucket__pull_request_activity_reviewers') }} as reviewers
    inner join updates
        on updates.repository_uuid = reviewers.repository_uuid
        and updates.pull_request_id = reviewers.pull_request_id
        and updates.activity_id = reviewers.activity_id
    where not reviewers.is_deleted and reviewers.user_uuid <> ''
    group by reviewers.repository_uuid, reviewers.pull_request_id, reviewers.user_uuid
),

comments as (
    select
        comments.*,
        {{ dbt.concat(["'comment:'", 'cast(comments.comment_id as ' ~ dbt.type_string() ~ ')']) }} as event_id
    from {{ ref('stg_bitbucket__pull_request_comments') }} as comments
    where {{ only_touched('pull_requests', 'comments') }}
),

events as (
    select
        repository_uuid,
        pull_request_id,
        'opened' as event_id,
        'opened' as event_type,
        created_at as happened_at,
        author_uuid as actor_uuid,
        cast(null as bigint) as comment_id,
        false as is_inline,
        cast(null as {{ dbt.type_string() }}) as source_short_hash
    from pull_requests

    union all

    select
        repository_uuid, pull_request_id, {{ dbt.concat(["'draft:'", 'activity_id']) }}, 'draft', happened_at,
        user_uuid, null, false, null
    from updates
    where is_switched_to_draft

    union all

    select
        repository_uuid, pull_request_id, {{ dbt.concat(["'ready:'", 'activity_id']) }}, 'ready', happened_at,
        user_uuid, null, false, null
    from updates
    where is_switched_to_ready

    union all

    select
        repository_uuid, pull_request_id, {{ dbt.concat(["'push:'", 'activity_id']) }}, 'push', happened_at,
        user_uuid, null, false, source_short_hash
    from updates
    where is_push

    union all

    -- the actor is who was asked: who asked, the feed does not tell apart from who edited
    select
        repository_uuid, pull_request_id, {{ dbt.concat(["'review_requested:'", 'user_uuid']) }}, 'review_requested',
        happened_at, user_uuid, null, false, null
    from reviewers

    union all

    select
        repository_uuid, pull_request_id, activity_id, kind, happened_at, user_uuid, null, false, null
    from {{ ref('stg_bitbucket__pull_request_activity') }} as activity
    where kind in ('approval', 'changes_requested') and not is_deleted and {{ only_touched('pull_requests', 'activity') }}

    union all

    select
        repository_uuid, pull_request_id, event_id, 'comment', created_at, user_uuid, comment_id, is_inline, null
    from comments
    where not is_deleted and not is_content_deleted and not is_pending

    union all

    -- where comments were not synced, the feed tells that there were some; it names them, also where comment_id was not loaded
    select
        activity.repository_uuid, activity.pull_request_id, activity.activity_id, 'comment',
        activity.happened_at, activity.user_uuid, activity.comment_id, false, null
    from {{ ref('stg_bitbucket__pull_request_activity') }} as activity
    left join comments
        on comments.repository_uuid = activity.repository_uuid
        and comments.pull_request_id = activity.pull_request_id
        and comments.event_id = activity.activity_id
    where
        activity.kind = 'comment'
        and not activity.is_deleted
        and comments.comment_id is null
        and {{ only_touched('pull_requests', 'activity') }}

    union all

    select
        closings.repository_uuid, closings.pull_request_id, 'closed',
        case when pull_requests.state = 'MERGED' then 'merged' else 'declined' end,
        closings.closed_at, pull_requests.closed_by_uuid, null, false, null
    from {{ ref('int_bitbucket__pull_request_closings') }} as closings
    inner join pull_requests
        on pull_requests.repository_uuid = closings.repository_uuid
        and pull_requests.pull_request_id = closings.pull_request_id
    where closings.closed_at is not null
),

told as (
    select
        events.*,
        closings.closed_at,
        pull_requests.author_uuid,
        -- of a pull request whose author is gone, somebody who is gone too may be the author
        coalesce(events.actor_uuid = pull_requests.author_uuid, events.actor_uuid is null and pull_requests.author_uuid is null)
            as is_author,
        bots.user_uuid is not null as is_bot,
        events.event_type in ('comment', 'approval', 'changes_requested') as is_verdict_or_comment
    from events
    inner join pull_requests
        on pull_requests.repository_uuid = events.repository_uuid
        and pull_requests.pull_request_id = events.pull_request_id
    inner join {{ ref('int_bitbucket__pull_request_closings') }} as closings
        on closings.repository_uuid = events.repository_uuid
        and closings.pull_request_id = events.pull_request_id
    left join {{ ref('int_bitbucket__bots_identified') }} as bots on bots.user_uuid = events.actor_uuid
)

select
    repository_uuid,
    pull_request_id,
    event_id,
    row_number() over (
        partition by repository_uuid, pull_request_id
        order by
            happened_at,
            case event_type
                when 'opened' then 0
                when 'draft' then 1
                when 'review_requested' then 2
                when 'ready' then 3
                when 'push' then 4
                when 'comment' then 5
                when 'merged' then 7
                when 'declined' then 7
                else 6
            end,
            event_id
    ) as event_number,
    event_type,
    happened_at,
    actor_uuid,
    is_author,
    is_bot,
    is_verdict_or_comment and not is_author and not is_bot and coalesce(happened_at <= closed_at, true) as is_review,
    comment_id,
    is_inline,
    source_short_hash
from told
