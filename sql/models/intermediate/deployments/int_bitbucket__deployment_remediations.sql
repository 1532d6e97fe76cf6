{{ config(**rebuilt_where_touched('deployments')) }}
{%- set hotfix_patterns = var('bitbucket_hotfix_patterns', ['hotfix/%', 'hotfix-%']) -%}

with successes as (
    select sequenced.*, change_sets.is_rollback
    from {{ ref('int_bitbucket__deployments_sequenced') }} as sequenced
    inner join {{ ref('int_bitbucket__deployment_change_sets') }} as change_sets
        on change_sets.repository_uuid = sequenced.repository_uuid
        and change_sets.deployment_uuid = sequenced.deployment_uuid
        and change_sets.started_at = sequenced.started_at
    where
        {{ only_touched('deployments', 'sequenced') }}
        and not sequenced.is_baseline
        and not sequenced.is_redeploy
),

changes as (
    select * from {{ ref('int_bitbucket__deployment_changes') }} as changes
    where {{ only_touched('deployments', 'changes') }}
),

reverts as (
    select distinct
        successes.repository_uuid,
        successes.deployment_uuid,
        successes.started_at
    from successes
    inner join changes
        on changes.repository_uuid = successes.repository_uuid
        and changes.deployment_uuid = successes.deployment_uuid
        and changes.started_at = successes.started_at
    inner join {{ ref('stg_bitbucket__commit_trailers') }} as trailers
        on trailers.repository_uuid = changes.repository_uuid
        and trailers.commit_hash = changes.commit_hash
        and trailers.trailer_key = 'this reverts commit'
        and not trailers.is_deleted
    -- the one before, or where that is a redeploy the one that carried what it deployed again
    inner join {{ ref('int_bitbucket__deployments_sequenced') }} as replaced
        on replaced.repository_uuid = successes.repository_uuid
        and coalesce(replaced.environment_uuid, '') = coalesce(successes.environment_uuid, '')
        and replaced.stay_number = successes.stay_number - 1
    inner join {{ ref('int_bitbucket__deployment_changes') }} as reverted
        on reverted.repository_uuid = replaced.repository_uuid
        and reverted.deployment_uuid = replaced.deployment_uuid
        and reverted.started_at = replaced.started_at
        -- `git revert --reference` shortens the hash
        and substr(reverted.commit_hash, 1, length(trailers.trailer_value)) = trailers.trailer_value
),

hotfixes as (
    select distinct
        successes.repository_uuid,
        successes.deployment_uuid,
        successes.started_at
    from successes
    left join {{ ref('stg_bitbucket__pipelines') }} as pipelines
        on pipelines.repository_uuid = successes.repository_uuid
        and pipelines.pipeline_uuid = successes.pipeline_uuid
    left join changes
        on changes.repository_uuid = successes.repository_uuid
        and changes.deployment_uuid = successes.deployment_uuid
        and changes.started_at = successes.started_at
        -- a hotfix is merged twice, into what is deployed and into what comes next: the next release is none
        and not coalesce(changes.is_landing_only, false)
    left join {{ ref('stg_bitbucket__pull_requests') }} as pull_requests
        on pull_requests.repository_uuid = changes.repository_uuid
        and pull_requests.pull_request_id = changes.pull_request_id
    where
        {{ is_like_any('pipelines.ref_name', hotfix_patterns) }}
        or {{ is_like_any('pull_requests.source_branch_name', hotfix_patterns) }}
),

remediations as (
    select
        successes.*,
        case
            when successes.is_rollback then 'rollback'
            when reverts.deployment_uuid is not null then 'revert'
            when hotfixes.deployment_uuid is not null then 'hotfix'
        end as remediation_kind
    from successes
    left join reverts
        on reverts.repository_uuid = successes.repository_uuid
        and reverts.deployment_uuid = successes.deployment_uuid
        and reverts.started_at = successes.started_at
    left join hotfixes
        on hotfixes.repository_uuid = successes.repository_uuid
        and hotfixes.deployment_uuid = successes.deployment_uuid
        and hotfixes.started_at = successes.started_at
)

select
    repository_uuid,
    deployment_uuid,
    started_at,
    completed_at,
    environment_uuid,
    is_production,
    service_key,
    remediation_kind,
    previous_deployment_uuid as blamed_deployment_uuid,
    previous_started_at as blamed_started_at,
    previous_completed_at as blamed_completed_at,
    {{ hours_after('previous_completed_at', 'completed_at') }} as recovery_hours
from remediations
where remediation_kind is not null
