-- a change set is known where the sync derived one: it has commits, or the commits of both sides are stored and the
-- first carries nothing that the other had not
with successes as (
    select * from {{ ref('int_bitbucket__deployments_sequenced') }}
    where is_successful
),

counted as (
    select repository_uuid, deployment_uuid, started_at, count(*) as commit_count
    from {{ ref('stg_bitbucket__deployment_commits') }}
    where not is_deleted
    group by repository_uuid, deployment_uuid, started_at
),

deployed as (
    select repository_uuid, commit_hash from successes

    union

    select repository_uuid, previous_commit_hash from successes
),

stored as (
    select repository_uuid, commit_hash
    from {{ ref('stg_bitbucket__commits') }}
    where (repository_uuid, commit_hash) in (select repository_uuid, commit_hash from deployed)
),

derived as (
    select repository_uuid from {{ ref('int_bitbucket__tables_read') }} where table_name = 'deployment_commits'

    union

    select repository_uuid from counted
)

select
    successes.repository_uuid,
    successes.deployment_uuid,
    successes.started_at,
    coalesce(counted.commit_count, 0) as commit_count,
    case
        when successes.is_baseline then 'baseline'
        when successes.is_redeploy then 'redeploy'
        when counted.commit_count > 0 then 'known'
        when derived.repository_uuid is not null and own.commit_hash is not null and previous.commit_hash is not null
            then 'empty'
        else 'unknown'
    end as change_set,
    coalesce(
        not successes.is_baseline
        and not successes.is_redeploy
        and (
            successes.was_deployed_before
            or (
                counted.commit_count is null
                and derived.repository_uuid is not null
                and own.commit_hash is not null
                and previous.commit_hash is not null
            )
        ),
        false
    ) as is_rollback
from successes
left join counted
    on counted.repository_uuid = successes.repository_uuid
    and counted.deployment_uuid = successes.deployment_uuid
    and counted.started_at = successes.started_at
left join derived on derived.repository_uuid = successes.repository_uuid
left join stored as own
    on own.repository_uuid = successes.repository_uuid and own.commit_hash = successes.commit_hash
left join stored as previous
    on previous.repository_uuid = successes.repository_uuid and previous.commit_hash = successes.previous_commit_hash
