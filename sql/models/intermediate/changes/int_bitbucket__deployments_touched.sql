{%- set facts = left_by_an_earlier_build('fct_deployments') -%}
{%- set changes = left_by_an_earlier_build('int_bitbucket__deployment_changes') -%}
{#- named here, as what stands below is only read where there was an earlier build #}
{%- for name in [
    'stg_bitbucket__deployment_commits', 'int_bitbucket__build_begun', 'int_bitbucket__listed_commits_touched',
    'int_bitbucket__pull_requests_touched', 'int_bitbucket__runs_touched',
] %}
-- depends_on: {{ ref(name) }}
{%- endfor %}

with now as (
    select sequenced.*, change_sets.change_set, coalesce(change_sets.is_rollback, false) as is_rollback
    from {{ ref('int_bitbucket__deployments_sequenced') }} as sequenced
    left join {{ ref('int_bitbucket__deployment_change_sets') }} as change_sets
        on change_sets.repository_uuid = sequenced.repository_uuid
        and change_sets.deployment_uuid = sequenced.deployment_uuid
        and change_sets.started_at = sequenced.started_at
)
{%- if facts is none or changes is none %}

select repository_uuid, deployment_uuid, started_at from now
{%- else %},

commits as (
    select repository_uuid, short_hash from {{ ref('int_bitbucket__listed_commits_touched') }}
),

touched as (
    -- new, gone, or at another place in its environment
    select
        coalesce(now.repository_uuid, stored.repository_uuid) as repository_uuid,
        coalesce(now.deployment_uuid, stored.deployment_uuid) as deployment_uuid,
        coalesce(now.started_at, stored.started_at) as started_at
    from now
    full join {{ facts }} as stored
        on stored.repository_uuid = now.repository_uuid
        and stored.deployment_uuid = now.deployment_uuid
        and stored.started_at = now.started_at
    where
        now.deployment_uuid is null
        or stored.deployment_uuid is null
        {%- for column in [
            'completed_at', 'status', 'environment_uuid', 'environment_name', 'environment_kind', 'service_key',
            'pipeline_uuid', 'step_uuid', 'release_name', 'commit_hash', 'deployer_uuid', 'previous_deployment_uuid',
            'previous_started_at', 'next_deployment_uuid', 'next_started_at', 'change_set', 'is_rollback',
            'is_repository_deleted',
        ] %}
        or now.{{ column }} is distinct from stored.{{ column }}
        {%- endfor %}

    union all

    -- what it carries, or carried
    select repository_uuid, deployment_uuid, started_at
    from {{ ref('stg_bitbucket__deployment_commits') }}
    where {{ since_last_build() }}

    union all

    -- what became of that; the commits of a pull request that changed are among these
    select repository_uuid, deployment_uuid, started_at
    from {{ changes }}
    where (repository_uuid, substr(commit_hash, 1, 12)) in (select repository_uuid, short_hash from commits)

    union all

    -- the run tells whether it was a hotfix
    select repository_uuid, deployment_uuid, started_at
    from now
    where
        (repository_uuid, pipeline_uuid) in (
            select repository_uuid, pipeline_uuid from {{ ref('int_bitbucket__runs_touched') }}
        )
        -- nothing tells what it carried: any pull request may be meant; another default branch touches all of them
        or (
            change_set = 'unknown'
            and repository_uuid in (select repository_uuid from {{ ref('int_bitbucket__pull_requests_touched') }})
        )
)

select repository_uuid, deployment_uuid, started_at from touched

union

-- the one after it may mend what it carried, also where it was deployed again before
select now.repository_uuid, now.deployment_uuid, now.started_at
from now
where (now.repository_uuid, coalesce(now.environment_uuid, ''), now.stay_number - 1) in (
    select now.repository_uuid, coalesce(now.environment_uuid, ''), now.stay_number
    from now
    inner join touched
        on touched.repository_uuid = now.repository_uuid
        and touched.deployment_uuid = now.deployment_uuid
        and touched.started_at = now.started_at
)
{{ and_what_was_left_unfinished(touched_key('deployments')) }}
{%- endif %}
