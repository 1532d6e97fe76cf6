-- one row per thing a metric would count, with what keeps it from being computed
with told as (
    select distinct repository_uuid, pull_request_id
    from {{ ref('int_bitbucket__pull_request_updates') }}
),

pull_requests as (
    select
        pull_requests.*,
        told.pull_request_id is not null as has_activity
    from {{ ref('bitbucket__fct_pull_requests') }} as pull_requests
    left join told
        on told.repository_uuid = pull_requests.repository_uuid
        and told.pull_request_id = pull_requests.pull_request_id
    where pull_requests.state = 'MERGED' and not pull_requests.is_deleted
),

candidates as (
    select
        'cycle' as metric, repository_uuid, coalesce(merged_at, updated_at) as counted_at,
        case when merged_at is null then 'nothing says when it was merged' end as reason
    from pull_requests

    union all

    select
        'coding', repository_uuid, coalesce(merged_at, updated_at),
        case
            when first_commit_at is null then 'its commits are not stored'
            when is_rebased then 'its commits were rewritten after it was opened'
        end
    from pull_requests

    union all

    select
        'pickup and review', repository_uuid, coalesce(merged_at, updated_at),
        case when not has_activity then 'its activity is not stored' end
    from pull_requests

    union all

    select
        'size', repository_uuid, coalesce(merged_at, updated_at),
        case when file_count is null then 'its files are not stored' end
    from pull_requests

    union all

    select
        'merge kind', repository_uuid, coalesce(merged_at, updated_at),
        case when merge_kind = 'unknown' then 'its merge commit or its source is not stored' end
    from pull_requests

    union all

    select
        'change_lead_time', repository_uuid, counted_at, reason
    from {{ ref('bitbucket__metrics_dora_rows') }}
    where
        metric = 'change_lead_time'
        and coalesce(reason, '') not in ('author is a bot', 'its commits came through other pull requests')
        and counted_at is not null

    union all

    select
        'change_fail_rate', repository_uuid, completed_at,
        case
            when change_set = 'baseline' then 'first deployment of its environment'
            when change_set = 'unknown' then 'its change set is not known'
        end
    from {{ ref('bitbucket__fct_deployments') }}
    where is_production and is_successful and completed_at is not null

    union all

    select
        'pipeline success', repository_uuid, coalesce(automatic_completed_at, created_at),
        case
            when automatic_result is null then 'not finished'
            when is_successful is null then 'stopped or expired'
            when step_count = 0 then 'its steps are not stored'
        end
    from {{ ref('bitbucket__fct_pipeline_runs') }}
    where not is_deleted

    union all

    select
        'queue', repository_uuid, started_at,
        case when queue_seconds is null then 'somebody started it, or an earlier attempt' end
    from {{ ref('bitbucket__fct_pipeline_steps') }}
    where not is_deleted

    union all

    select
        'ownership', repository_uuid, committed_at,
        case when contributor_key = coalesce(author_email, '') then 'no account has the address of its author' end
    from {{ ref('bitbucket__fct_commits') }}
    where not is_merge and not is_bot_author and not is_deleted
),

reasons as (
    select
        metric,
        repository_uuid,
        reason,
        row_number() over (partition by metric, repository_uuid order by count(*) desc, {{ in_code_order('reason') }}) as place
    from candidates
    where reason is not null
    group by metric, repository_uuid, reason
),

counted as (
    select
        metric,
        repository_uuid,
        count(*) as candidate_count,
        count(case when reason is null then 1 end) as computed_count,
        max(case when reason is not null then counted_at end) as last_gap_at
    from candidates
    group by metric, repository_uuid
)

select
    counted.metric,
    counted.repository_uuid,
    counted.candidate_count,
    counted.computed_count,
    {{ ratio('counted.computed_count', 'counted.candidate_count') }} as computed_share,
    coalesce(counted.last_gap_at, spans.history_starts_at) as complete_from_at,
    spans.read_until_at,
    reasons.reason as most_common_reason
from counted
left join {{ ref('int_bitbucket__repository_spans') }} as spans on spans.repository_uuid = counted.repository_uuid
left join reasons
    on reasons.metric = counted.metric
    and reasons.repository_uuid = counted.repository_uuid
    and reasons.place = 1
