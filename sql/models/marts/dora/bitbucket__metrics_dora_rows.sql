{%- set pending_hours = var('bitbucket_change_fail_hours', 24) -%}

with deployments as (
    select
        deployments.*,
        {{ hours_between('deployments.completed_at', 'as_of.as_of_at') }} as age_hours
    from {{ ref('bitbucket__fct_deployments') }} as deployments
    cross join {{ ref('int_bitbucket__as_of') }} as as_of
    where deployments.is_production and deployments.completed_at is not null
),

successes as (
    select
        *,
        row_number() over (
            partition by service_key, coalesce(pipeline_uuid, deployment_uuid), commit_hash
            order by completed_at, started_at, deployment_uuid
        ) as release_rank
    from deployments
    where is_successful
),

baselines as (
    select repository_uuid, service_key, min(completed_at) as completed_at
    from successes
    group by repository_uuid, service_key
),

merged as (
    select *
    from {{ ref('bitbucket__fct_pull_requests') }}
    where state = 'MERGED' and not is_deleted
),

pull_request_changes as (
    select
        merged.repository_uuid,
        coalesce(baselines.service_key, merged.repository_uuid) as service_key,
        merged.pull_request_id,
        deployed.deployment_uuid,
        deployed.started_at,
        coalesce(deployed.deployed_at, merged.merged_at) as counted_at,
        {{ hours_after('least(merged.first_commit_at, merged.opened_at)', 'deployed.deployed_at') }} as value,
        case
            when merged.is_bot_author then 'author is a bot'
            when landed.own_commit_count = 0 then 'its commits came through other pull requests'
            when deployed.deployed_at is not null then null
            when baselines.repository_uuid is null then 'repository has no production deployment'
            when merged.merged_at <= baselines.completed_at then 'merged before the first deployment, of which nothing says what it carried'
            when merged.merged_at is null then 'nothing says when it was merged'
            else 'no production deployment carried it yet'
        end as reason
    from merged
    left join baselines on baselines.repository_uuid = merged.repository_uuid
    left join {{ ref('int_bitbucket__pull_requests_deployed') }} as deployed
        on deployed.repository_uuid = merged.repository_uuid
        and deployed.pull_request_id = merged.pull_request_id
        and deployed.service_key = coalesce(baselines.service_key, merged.repository_uuid)
    left join {{ ref('int_bitbucket__pull_requests_landed') }} as landed
        on landed.repository_uuid = merged.repository_uuid
        and landed.pull_request_id = merged.pull_request_id
),

carried_commits as (
    select
        changes.repository_uuid,
        changes.service_key,
        changes.commit_hash,
        changes.pull_request_id,
        changes.deployment_uuid,
        changes.started_at,
        changes.completed_at,
        changes.committed_at,
        changes.is_bot_author,
        row_number() over (
            partition by changes.repository_uuid, changes.service_key, changes.commit_hash
            order by changes.completed_at, changes.started_at, changes.deployment_uuid
        ) as carry_rank
    from {{ ref('int_bitbucket__deployment_changes') }} as changes
    where
        changes.is_production
        and changes.match_method = 'exact'
        and changes.completed_at is not null
        and changes.parent_count < 2
),

first_carried as (
    select * from carried_commits where carry_rank = 1
),

counted as (
    select
        'deployment_frequency' as metric,
        repository_uuid,
        service_key,
        {{ dbt.concat(["deployment_uuid", "' '", "cast(started_at as " ~ dbt.type_string() ~ ")"]) }} as row_id,
        deployment_uuid,
        started_at,
        cast(null as bigint) as pull_request_id,
        commit_hash,
        completed_at as counted_at,
        cast(1 as {{ type_double() }}) as value,
        case when release_rank > 1 then 'the same run deployed the same commit before' end as reason
    from successes

    union all

    select
        'change_lead_time', repository_uuid, service_key,
        {{ dbt.concat(["'pull request '", "cast(pull_request_id as " ~ dbt.type_string() ~ ")"]) }},
        deployment_uuid, started_at, pull_request_id, null, counted_at, value, reason
    from pull_request_changes

    union all

    select
        'change_lead_time', repository_uuid, service_key, {{ dbt.concat(["'commit '", "commit_hash"]) }},
        deployment_uuid, started_at, pull_request_id, commit_hash, completed_at,
        {{ hours_after('committed_at', 'completed_at') }},
        case when is_bot_author then 'author is a bot' end
    from first_carried
    where pull_request_id is null

    union all

    select
        'commit_lead_time', repository_uuid, service_key, {{ dbt.concat(["'commit '", "commit_hash"]) }},
        deployment_uuid, started_at, pull_request_id, commit_hash, completed_at,
        {{ hours_after('committed_at', 'completed_at') }},
        case when is_bot_author then 'author is a bot' end
    from first_carried

    union all

    select
        'change_fail_rate', repository_uuid, service_key,
        {{ dbt.concat(["deployment_uuid", "' '", "cast(started_at as " ~ dbt.type_string() ~ ")"]) }},
        deployment_uuid, started_at, null, commit_hash, completed_at,
        case when is_change_failure then 1 else 0 end,
        case when age_hours < {{ pending_hours }} then 'pending: younger than {{ pending_hours }} hours' end
    from successes

    union all

    select
        'failed_deployment_recovery_time', failures.repository_uuid, failures.service_key,
        {{ dbt.concat(
            ["failures.deployment_uuid", "' '", "cast(failures.started_at as " ~ dbt.type_string() ~ ")", "' '", "failures.failure_id"]
        ) }},
        failures.deployment_uuid, failures.started_at, null, null, failures.failed_at, failures.recovery_hours,
        case when failures.is_open then 'open: not recovered yet' end
    from {{ ref('bitbucket__fct_deployment_failures') }} as failures
    where failures.is_production and failures.is_change_failure

    union all

    select
        'deployment_rework_rate', repository_uuid, service_key,
        {{ dbt.concat(["deployment_uuid", "' '", "cast(started_at as " ~ dbt.type_string() ~ ")"]) }},
        deployment_uuid, started_at, null, commit_hash, completed_at,
        case when is_remediation then 1 else 0 end, null
    from successes

    union all

    select
        'failed_attempts', repository_uuid, service_key,
        {{ dbt.concat(["deployment_uuid", "' '", "cast(started_at as " ~ dbt.type_string() ~ ")"]) }},
        deployment_uuid, started_at, null, commit_hash, completed_at,
        case when status = 'FAILED' then 1 else 0 end, null
    from deployments
    where status in ('SUCCESSFUL', 'FAILED', 'STOPPED')
),

dated as (
    select *, {{ reporting_day('counted_at') }} as counted_day from counted
)

select
    metric,
    repository_uuid,
    service_key,
    row_id,
    deployment_uuid,
    started_at,
    pull_request_id,
    commit_hash,
    counted_at,
    counted_day,
    {{ week_start('counted_day') }} as week_start_day,
    {{ month_start('counted_day') }} as month_start_day,
    value,
    reason is null as was_counted,
    reason
from dated
