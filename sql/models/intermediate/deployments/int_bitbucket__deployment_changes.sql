{{ config(**rebuilt_where_touched('deployments')) }}
with successes as (
    select sequenced.*, change_sets.change_set, change_sets.is_rollback
    from {{ ref('int_bitbucket__deployments_sequenced') }} as sequenced
    inner join {{ ref('int_bitbucket__deployment_change_sets') }} as change_sets
        on change_sets.repository_uuid = sequenced.repository_uuid
        and change_sets.deployment_uuid = sequenced.deployment_uuid
        and change_sets.started_at = sequenced.started_at
    where {{ only_touched('deployments', 'sequenced') }}
),

exact as (
    select
        carried.repository_uuid,
        carried.deployment_uuid,
        carried.started_at,
        carried.commit_hash,
        carried.short_hash,
        through.pull_request_id
    from {{ ref('stg_bitbucket__deployment_commits') }} as carried
    inner join successes
        on successes.repository_uuid = carried.repository_uuid
        and successes.deployment_uuid = carried.deployment_uuid
        and successes.started_at = carried.started_at
    left join {{ ref('int_bitbucket__commits_through_pull_requests') }} as through
        on through.repository_uuid = carried.repository_uuid and through.short_hash = carried.short_hash
    where not carried.is_deleted and {{ only_touched('deployments', 'carried') }}
),

-- what a squash landed is carried by the squash's commit, and came through the pull request that it came through first
through_landings as (
    select distinct
        exact.repository_uuid,
        exact.deployment_uuid,
        exact.started_at,
        commits.commit_hash,
        commits.short_hash,
        pull_requests.pull_request_id
    from exact
    inner join {{ ref('stg_bitbucket__pull_requests') }} as pull_requests
        on pull_requests.repository_uuid = exact.repository_uuid
        and pull_requests.state = 'MERGED'
        and not pull_requests.is_deleted
        and coalesce(pull_requests.merge_short_hash, pull_requests.source_short_hash) = exact.short_hash
    inner join {{ ref('stg_bitbucket__pull_request_commits') }} as commits
        on commits.repository_uuid = pull_requests.repository_uuid
        and commits.pull_request_id = pull_requests.pull_request_id
        and not commits.is_deleted
    left join {{ ref('int_bitbucket__commits_attributed') }} as landed
        on landed.repository_uuid = exact.repository_uuid and landed.commit_hash = exact.commit_hash
    -- of a merge they are in the change set themselves, or were deployed before
    where coalesce(landed.parent_count, 1) < 2
),

-- and of a release train that is squashed, what was squashed before: a stacked pull request lands within another
through_stacks as (
    select * from through_landings

    union

    select
        through_landings.repository_uuid,
        through_landings.deployment_uuid,
        through_landings.started_at,
        commits.commit_hash,
        commits.short_hash,
        pull_requests.pull_request_id
    from through_landings
    inner join {{ ref('stg_bitbucket__pull_requests') }} as pull_requests
        on pull_requests.repository_uuid = through_landings.repository_uuid
        and pull_requests.state = 'MERGED'
        and not pull_requests.is_deleted
        and coalesce(pull_requests.merge_short_hash, pull_requests.source_short_hash) = through_landings.short_hash
        and pull_requests.pull_request_id <> through_landings.pull_request_id
    inner join {{ ref('stg_bitbucket__pull_request_commits') }} as commits
        on commits.repository_uuid = pull_requests.repository_uuid
        and commits.pull_request_id = pull_requests.pull_request_id
        and not commits.is_deleted
),

via_pull_request as (
    select
        through_stacks.repository_uuid,
        through_stacks.deployment_uuid,
        through_stacks.started_at,
        through_stacks.commit_hash,
        coalesce(min(through.pull_request_id), min(through_stacks.pull_request_id)) as pull_request_id
    from through_stacks
    left join exact
        on exact.repository_uuid = through_stacks.repository_uuid
        and exact.deployment_uuid = through_stacks.deployment_uuid
        and exact.started_at = through_stacks.started_at
        and exact.short_hash = through_stacks.short_hash
    left join {{ ref('int_bitbucket__commits_through_pull_requests') }} as through
        on through.repository_uuid = through_stacks.repository_uuid
        and through.short_hash = through_stacks.short_hash
    where exact.commit_hash is null
    group by
        through_stacks.repository_uuid, through_stacks.deployment_uuid, through_stacks.started_at,
        through_stacks.commit_hash
),

-- where the graph does not tell: what was merged into the default branch since the deployment before
windowed as (
    select
        successes.repository_uuid,
        successes.deployment_uuid,
        successes.started_at,
        pull_requests.pull_request_id,
        closings.landed_commit_hash
    from successes
    inner join {{ ref('stg_bitbucket__repositories') }} as repositories
        on repositories.repository_uuid = successes.repository_uuid
    inner join {{ ref('stg_bitbucket__pull_requests') }} as pull_requests
        on pull_requests.repository_uuid = successes.repository_uuid
        and pull_requests.destination_branch_name = repositories.default_branch_name
        and not pull_requests.is_deleted
    inner join {{ ref('int_bitbucket__pull_request_closings') }} as closings
        on closings.repository_uuid = pull_requests.repository_uuid
        and closings.pull_request_id = pull_requests.pull_request_id
        and closings.merged_at > successes.previous_started_at
        and closings.merged_at <= successes.started_at
    where successes.change_set = 'unknown' and not successes.is_rollback
),

matched as (
    select
        repository_uuid, deployment_uuid, started_at, commit_hash as change_id, commit_hash, pull_request_id,
        'exact' as match_method
    from exact

    union all

    select
        repository_uuid, deployment_uuid, started_at, commit_hash, commit_hash, pull_request_id,
        'via_pull_request'
    from via_pull_request

    union all

    select
        repository_uuid, deployment_uuid, started_at,
        {{ dbt.concat(["'pull request '", 'cast(pull_request_id as ' ~ dbt.type_string() ~ ')']) }},
        landed_commit_hash, pull_request_id, 'window'
    from windowed
),

unmatched as (
    select
        successes.repository_uuid,
        successes.deployment_uuid,
        successes.started_at
    from successes
    left join matched
        on matched.repository_uuid = successes.repository_uuid
        and matched.deployment_uuid = successes.deployment_uuid
        and matched.started_at = successes.started_at
    where
        successes.change_set = 'unknown'
        and not successes.is_rollback
        and matched.change_id is null
),

changes as (
    select * from matched

    union all

    select
        repository_uuid, deployment_uuid, started_at, 'none', cast(null as {{ dbt.type_string() }}),
        cast(null as bigint), 'none'
    from unmatched
)

select
    changes.repository_uuid,
    changes.deployment_uuid,
    changes.started_at,
    changes.change_id,
    changes.commit_hash,
    changes.pull_request_id,
    changes.match_method,
    -- the commits of a pull request are its work; their merge is none, nor is a squash of what came through others
    coalesce(
        changes.match_method <> 'window' and (commits.parent_count >= 2 or landed.own_commit_count = 0)
        and landed.commit_count > 0,
        false
    ) as is_landing_only,
    successes.environment_uuid,
    successes.is_production,
    successes.service_key,
    successes.completed_at,
    commits.committed_at,
    commits.parent_count,
    commits.is_bot_author
from changes
inner join successes
    on successes.repository_uuid = changes.repository_uuid
    and successes.deployment_uuid = changes.deployment_uuid
    and successes.started_at = changes.started_at
left join {{ ref('int_bitbucket__commits_attributed') }} as commits
    on commits.repository_uuid = changes.repository_uuid and commits.commit_hash = changes.commit_hash
left join {{ ref('int_bitbucket__pull_requests_landed') }} as landed
    on landed.repository_uuid = changes.repository_uuid
    and landed.pull_request_id = changes.pull_request_id
    and landed.landed_short_hash = substr(changes.commit_hash, 1, 12)
