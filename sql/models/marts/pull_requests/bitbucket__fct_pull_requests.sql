{{ config(
    materialized=incremental_or_table(),
    incremental_strategy='delete+insert',
    unique_key=['repository_uuid', 'pull_request_id'],
    on_schema_change='fail'
) }}
-- depends_on: {{ ref('int_bitbucket__pull_requests_touched') }}

with deployed as (
    select * from {{ ref('int_bitbucket__pull_requests_deployed') }} where is_first_service
),

rebuilt as (
    {%- if is_incremental() %}
    select repository_uuid, pull_request_id from {{ ref('int_bitbucket__pull_requests_touched') }}

    union

    -- a deployment carries it, or no longer does
    select stored.repository_uuid, stored.pull_request_id
    from {{ this }} as stored
    left join deployed
        on deployed.repository_uuid = stored.repository_uuid and deployed.pull_request_id = stored.pull_request_id
    where
        deployed.deployed_at is distinct from stored.deployed_at
        or deployed.deploy_hours is distinct from stored.deploy_hours
    {%- else %}
    select repository_uuid, pull_request_id from {{ ref('stg_bitbucket__pull_requests') }}
    {%- endif %}
),

events as (
    select
        repository_uuid,
        pull_request_id,
        count(case when event_type = 'comment' and is_review then 1 end) as review_comment_count,
        count(case when event_type = 'comment' and is_review and is_inline then 1 end) as inline_review_comment_count,
        count(case when event_type = 'comment' and is_author then 1 end) as author_comment_count,
        count(distinct case when is_review then coalesce(actor_uuid, '') end) as active_reviewer_count
    from {{ ref('int_bitbucket__pull_request_events') }}
    where (repository_uuid, pull_request_id) in (select repository_uuid, pull_request_id from rebuilt)
    group by repository_uuid, pull_request_id
),

rounds as (
    select
        repository_uuid,
        pull_request_id,
        count(responded_at) as round_count,
        cast(sum(case when round_number > 1 then push_count else 0 end) as bigint) as push_after_review_count
    from {{ ref('int_bitbucket__review_rounds') }}
    where (repository_uuid, pull_request_id) in (select repository_uuid, pull_request_id from rebuilt)
    group by repository_uuid, pull_request_id
)

select
    pull_requests.repository_uuid,
    pull_requests.pull_request_id,
    pull_requests.title,
    pull_requests.state,
    pull_requests.is_draft,
    pull_requests.is_queued,
    pull_requests.decline_reason,
    pull_requests.author_uuid,
    coalesce(pull_requests.author_type = 'app_user', false) or bots.user_uuid is not null as is_bot_author,
    assistants.pull_request_id is not null as is_ai_assisted,
    coalesce(
        {{ first_match('pull_requests.title', var('bitbucket_issue_key', '[A-Z][A-Z0-9]+-[0-9]+')) }},
        {{ first_match('pull_requests.source_branch_name', var('bitbucket_issue_key', '[A-Z][A-Z0-9]+-[0-9]+')) }}
    ) as issue_key,
    pull_requests.closed_by_uuid,
    case
        when pull_requests.state = 'MERGED' then pull_requests.closed_by_uuid = pull_requests.author_uuid
    end as is_self_merged,
    closings.merge_kind,
    pull_requests.source_repository_uuid,
    pull_requests.source_repository_uuid <> pull_requests.repository_uuid as is_from_fork,
    pull_requests.source_branch_name,
    pull_requests.source_short_hash,
    pull_requests.destination_branch_name,
    pull_requests.destination_short_hash,
    pull_requests.merge_short_hash,
    closings.landed_commit_hash,
    milestones.first_commit_at,
    milestones.opened_at,
    milestones.ready_at,
    milestones.first_review_at,
    milestones.final_approval_at,
    pull_requests.updated_at,
    milestones.closed_at,
    milestones.merged_at,
    milestones.merged_at_source,
    {{ reporting_day('milestones.opened_at') }} as opened_day,
    {{ reporting_day('milestones.merged_at') }} as merged_day,
    deployed.deployed_at,
    {{ hours_between('milestones.opened_at', 'milestones.closed_at') }} as opened_to_closed_hours,
    phases.was_reviewed,
    phases.is_rebased,
    phases.coding_hours,
    phases.draft_hours,
    phases.pickup_hours,
    phases.review_hours,
    phases.merge_wait_hours,
    phases.cycle_hours,
    deployed.deploy_hours,
    phases.cycle_hours + deployed.deploy_hours as lead_hours,
    phases.pickup_weekday_hours,
    phases.review_weekday_hours,
    coalesce(rounds.round_count, 0) as round_count,
    coalesce(rounds.push_after_review_count, 0) as push_after_review_count,
    coalesce(participants.participant_count, 0) as participant_count,
    coalesce(participants.reviewer_count, 0) as reviewer_count,
    coalesce(events.active_reviewer_count, 0) as active_reviewer_count,
    coalesce(participants.approval_count, 0) as approval_count,
    coalesce(participants.changes_requested_count, 0) as changes_requested_count,
    coalesce(participants.bot_approval_count, 0) as bot_approval_count,
    pull_requests.comment_count,
    coalesce(events.review_comment_count, 0) as review_comment_count,
    coalesce(events.inline_review_comment_count, 0) as inline_review_comment_count,
    coalesce(events.author_comment_count, 0) as author_comment_count,
    pull_requests.task_count,
    milestones.commit_count,
    sizes.file_count,
    sizes.lines_added,
    sizes.lines_removed,
    sizes.lines_added + sizes.lines_removed as lines_changed,
    sizes.generated_file_count,
    sizes.generated_line_count,
    pull_requests.html_url,
    pull_requests.is_deleted,
    pull_requests.is_repository_deleted
from {{ ref('stg_bitbucket__pull_requests') }} as pull_requests
inner join rebuilt
    on rebuilt.repository_uuid = pull_requests.repository_uuid
    and rebuilt.pull_request_id = pull_requests.pull_request_id
inner join {{ ref('int_bitbucket__pull_request_milestones') }} as milestones
    on milestones.repository_uuid = pull_requests.repository_uuid
    and milestones.pull_request_id = pull_requests.pull_request_id
inner join {{ ref('int_bitbucket__pull_request_closings') }} as closings
    on closings.repository_uuid = pull_requests.repository_uuid
    and closings.pull_request_id = pull_requests.pull_request_id
left join {{ ref('int_bitbucket__pull_request_phases') }} as phases
    on phases.repository_uuid = pull_requests.repository_uuid
    and phases.pull_request_id = pull_requests.pull_request_id
left join deployed
    on deployed.repository_uuid = pull_requests.repository_uuid
    and deployed.pull_request_id = pull_requests.pull_request_id
left join events
    on events.repository_uuid = pull_requests.repository_uuid
    and events.pull_request_id = pull_requests.pull_request_id
left join rounds
    on rounds.repository_uuid = pull_requests.repository_uuid
    and rounds.pull_request_id = pull_requests.pull_request_id
left join {{ ref('int_bitbucket__pull_request_sizes') }} as sizes
    on sizes.repository_uuid = pull_requests.repository_uuid
    and sizes.pull_request_id = pull_requests.pull_request_id
left join {{ ref('int_bitbucket__pull_request_assistants') }} as assistants
    on assistants.repository_uuid = pull_requests.repository_uuid
    and assistants.pull_request_id = pull_requests.pull_request_id
left join {{ ref('int_bitbucket__pull_request_participants_counted') }} as participants
    on participants.repository_uuid = pull_requests.repository_uuid
    and participants.pull_request_id = pull_requests.pull_request_id
left join {{ ref('int_bitbucket__bots_identified') }} as bots on bots.user_uuid = pull_requests.author_uuid
