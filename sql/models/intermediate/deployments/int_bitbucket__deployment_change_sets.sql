-- a change set is known where the sync derived one: it has commits, or the commits of both sides are stored, nothing is
-- waited for, and the first carries nothing that the other had not
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

-- the cursor names what was not derived yet, or could not be, as a commit between the two is not stored
cursors as (
    select
        repository_uuid,
        cursor,
        row_number() over (partition by repository_uuid order by synced_at desc) as age_rank
    from {{ ref('stg_bitbucket__sync_cursors') }}
    where cursor_name = 'deployment_commits'
),

underived as (
    select successes.repository_uuid, successes.deployment_uuid, successes.started_at
    from successes
    inner join cursors
        on cursors.repository_uuid = successes.repository_uuid
        and cursors.age_rank = 1
        and position('[[' in cursors.cursor) > 0
        and position(successes.deployment_uuid in cursors.cursor) > 0
),

derived as (
    select repository_uuid from {{ ref('int_bitbucket__tables_read') }} where table_name = 'deployment_commits'

    union

    select repository_uuid from counted
),

told as (
    select
        successes.repository_uuid,
        successes.deployment_uuid,
        successes.started_at,
        successes.was_deployed_before,
        coalesce(counted.commit_count, 0) as commit_count,
        case
            when successes.is_baseline then 'baseline'
            when successes.is_redeploy then 'redeploy'
            when counted.commit_count > 0 then 'known'
            when
                derived.repository_uuid is not null
                and own.commit_hash is not null
                and previous.commit_hash is not null
                and underived.deployment_uuid is null
                then 'empty'
            else 'unknown'
        end as change_set
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
    left join underived
        on underived.repository_uuid = successes.repository_uuid
        and underived.deployment_uuid = successes.deployment_uuid
        and underived.started_at = successes.started_at
)

select
    repository_uuid,
    deployment_uuid,
    started_at,
    commit_count,
    change_set,
    change_set = 'empty' or (change_set in ('known', 'unknown') and was_deployed_before) as is_rollback
from told
