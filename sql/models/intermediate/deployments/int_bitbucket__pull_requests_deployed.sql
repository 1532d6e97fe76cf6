-- a pull request is carried by what carries the commit it landed as, or had carried the last of its own commits before;
-- stacked ones land within another's commits
with own_commits as (
    select
        changes.repository_uuid,
        changes.pull_request_id,
        changes.deployment_uuid,
        changes.started_at,
        changes.completed_at,
        changes.service_key,
        changes.match_method,
        changes.commit_hash,
        row_number() over (
            partition by changes.repository_uuid, changes.pull_request_id, changes.service_key, changes.commit_hash
            order by changes.completed_at, changes.started_at, changes.deployment_uuid
        ) as carried_before
    from {{ ref('int_bitbucket__deployment_changes') }} as changes
    where
        changes.is_production
        and changes.match_method <> 'window'
        and changes.completed_at is not null
        and changes.pull_request_id is not null
        and not coalesce(changes.is_landing_only, false)
        and coalesce(changes.parent_count, 1) < 2
),

own_commits_in_order as (
    select
        *,
        row_number() over (
            partition by repository_uuid, pull_request_id, service_key
            order by completed_at, started_at, deployment_uuid, match_method, commit_hash
        ) as carried_count
    from own_commits
    where carried_before = 1
),

carriers as (
    select
        pull_requests.repository_uuid,
        pull_requests.pull_request_id,
        changes.deployment_uuid,
        changes.started_at,
        changes.completed_at,
        changes.service_key,
        changes.match_method
    from {{ ref('stg_bitbucket__pull_requests') }} as pull_requests
    inner join {{ ref('int_bitbucket__deployment_changes') }} as changes
        on changes.repository_uuid = pull_requests.repository_uuid
        and substr(changes.commit_hash, 1, 12)
        = coalesce(pull_requests.merge_short_hash, pull_requests.source_short_hash)
    where pull_requests.state = 'MERGED' and changes.is_production and changes.match_method <> 'window'

    union all

    select
        repository_uuid, pull_request_id, deployment_uuid, started_at, completed_at, service_key, match_method
    from {{ ref('int_bitbucket__deployment_changes') }}
    where is_production and match_method = 'window'

    union all

    select
        in_order.repository_uuid, in_order.pull_request_id, in_order.deployment_uuid, in_order.started_at,
        in_order.completed_at, in_order.service_key, in_order.match_method
    from own_commits_in_order as in_order
    inner join {{ ref('int_bitbucket__pull_requests_landed') }} as landed
        on landed.repository_uuid = in_order.repository_uuid
        and landed.pull_request_id = in_order.pull_request_id
        and landed.own_commit_count = in_order.carried_count
),

ranked as (
    select
        *,
        row_number() over (
            partition by repository_uuid, pull_request_id, service_key
            order by completed_at, started_at, deployment_uuid, match_method
        ) as in_service
    from carriers
    where completed_at is not null
),

-- only now, as a deployment may carry one in several ways: of equal rows two rankings choose different ones
first_ones as (
    select
        *,
        row_number() over (
            partition by repository_uuid, pull_request_id
            order by completed_at, started_at, deployment_uuid, service_key
        ) as in_all
    from ranked
    where in_service = 1
)

select
    first_ones.repository_uuid,
    first_ones.pull_request_id,
    first_ones.service_key,
    first_ones.deployment_uuid,
    first_ones.started_at,
    first_ones.completed_at as deployed_at,
    first_ones.match_method,
    first_ones.in_all = 1 as is_first_service,
    case
        when first_ones.completed_at < closings.merged_at then 0
        else {{ hours_between('closings.merged_at', 'first_ones.completed_at') }}
    end as deploy_hours
from first_ones
inner join {{ ref('int_bitbucket__pull_request_closings') }} as closings
    on closings.repository_uuid = first_ones.repository_uuid
    and closings.pull_request_id = first_ones.pull_request_id
