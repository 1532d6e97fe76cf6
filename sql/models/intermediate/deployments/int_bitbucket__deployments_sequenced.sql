-- the attempts that were seen, and where that table was not synced the newest ones, which deployments keep
with stored_attempts as (
    select
        repository_uuid, deployment_uuid, environment_uuid, pipeline_uuid, step_uuid, release_name, commit_hash,
        status, deployer_uuid, started_at, completed_at, is_repository_deleted, 0 as source_rank
    from {{ ref('stg_bitbucket__deployment_attempts') }}
),

seen as (
    select * from stored_attempts

    union all

    select
        newest.repository_uuid, newest.deployment_uuid, newest.environment_uuid, newest.pipeline_uuid,
        newest.step_uuid, newest.release_name, newest.commit_hash, coalesce(newest.status, newest.state),
        newest.deployer_uuid, newest.started_at, newest.completed_at, newest.is_repository_deleted, 1
    from {{ ref('stg_bitbucket__deployments') }} as newest
    left join stored_attempts
        on stored_attempts.repository_uuid = newest.repository_uuid
        and stored_attempts.deployment_uuid = newest.deployment_uuid
        and stored_attempts.started_at = newest.started_at
        and stored_attempts.status = coalesce(newest.status, newest.state)
        and stored_attempts.completed_at = newest.completed_at
    where newest.started_at is not null and stored_attempts.deployment_uuid is null
),

-- an attempt seen while it ran and again when it had ended is one
ranked as (
    select
        *,
        row_number() over (
            partition by repository_uuid, deployment_uuid, started_at
            order by
                case when status in ('SUCCESSFUL', 'FAILED', 'STOPPED') then 0 else 1 end,
                case when completed_at is null then 1 else 0 end,
                completed_at desc,
                status,
                source_rank
        ) as seen_rank
    from seen
),

attempts as (
    select
        ranked.repository_uuid,
        ranked.deployment_uuid,
        ranked.started_at,
        ranked.completed_at,
        ranked.status,
        ranked.status = 'SUCCESSFUL' as is_successful,
        ranked.environment_uuid,
        environments.environment_name,
        environments.environment_kind,
        coalesce(environments.environment_kind = 'production', false) as is_production,
        coalesce(environments.service_key, ranked.repository_uuid) as service_key,
        ranked.pipeline_uuid,
        ranked.step_uuid,
        ranked.release_name,
        ranked.commit_hash,
        ranked.deployer_uuid,
        ranked.is_repository_deleted
    from ranked
    left join {{ ref('int_bitbucket__environments_classified') }} as environments
        on environments.repository_uuid = ranked.repository_uuid
        and environments.environment_uuid = ranked.environment_uuid
    where ranked.seen_rank = 1
),

successes as (
    select
        repository_uuid,
        deployment_uuid,
        started_at,
        environment_uuid,
        commit_hash,
        row_number() over in_environment as success_number,
        lag(deployment_uuid) over in_environment as previous_deployment_uuid,
        lag(started_at) over in_environment as previous_started_at,
        lag(completed_at) over in_environment as previous_completed_at,
        lag(commit_hash) over in_environment as previous_commit_hash,
        lead(deployment_uuid) over in_environment as next_deployment_uuid,
        lead(started_at) over in_environment as next_started_at,
        row_number() over (
            partition by repository_uuid, environment_uuid, commit_hash order by started_at, deployment_uuid
        ) as times_deployed
    from attempts
    where is_successful
    window in_environment as (partition by repository_uuid, environment_uuid order by started_at, deployment_uuid)
),

-- successes in a row with one commit are a stay of it in the environment
stays as (
    select
        repository_uuid,
        deployment_uuid,
        started_at,
        cast(sum(case when previous_commit_hash = commit_hash then 0 else 1 end) over (
            partition by repository_uuid, environment_uuid
            order by success_number
            rows between unbounded preceding and current row
        ) as bigint) as stay_number
    from successes
)

select
    attempts.repository_uuid,
    attempts.deployment_uuid,
    attempts.started_at,
    attempts.completed_at,
    attempts.status,
    attempts.is_successful,
    attempts.environment_uuid,
    attempts.environment_name,
    attempts.environment_kind,
    attempts.is_production,
    attempts.service_key,
    attempts.pipeline_uuid,
    attempts.step_uuid,
    attempts.release_name,
    attempts.commit_hash,
    attempts.deployer_uuid,
    successes.success_number,
    stays.stay_number,
    successes.previous_deployment_uuid,
    successes.previous_started_at,
    successes.previous_completed_at,
    successes.previous_commit_hash,
    successes.next_deployment_uuid,
    successes.next_started_at,
    coalesce(successes.success_number = 1, false) as is_baseline,
    coalesce(successes.previous_commit_hash = attempts.commit_hash, false) as is_redeploy,
    coalesce(
        successes.times_deployed > 1 and successes.previous_commit_hash <> attempts.commit_hash, false
    ) as was_deployed_before,
    attempts.is_repository_deleted
from attempts
left join successes
    on successes.repository_uuid = attempts.repository_uuid
    and successes.deployment_uuid = attempts.deployment_uuid
    and successes.started_at = attempts.started_at
left join stays
    on stays.repository_uuid = attempts.repository_uuid
    and stays.deployment_uuid = attempts.deployment_uuid
    and stays.started_at = attempts.started_at
