{{ config(
    materialized=incremental_or_table(),
    incremental_strategy='delete+insert',
    unique_key=['repository_uuid', 'deployment_uuid', 'started_at'],
    pre_hook="{{ bitbucket_source.forget_touched('deployments') }}",
    on_schema_change='fail'
) }}
-- depends_on: {{ ref('int_bitbucket__deployments_touched') }}

with failures as (
    select
        repository_uuid,
        deployment_uuid,
        started_at,
        max(case when is_change_failure then 1 else 0 end) as change_failure,
        min(recovered_at) as recovered_at
    from {{ ref('bitbucket__fct_deployment_failures') }}
    group by repository_uuid, deployment_uuid, started_at
),

{%- if is_incremental() %}

rebuilt as (
    select repository_uuid, deployment_uuid, started_at from {{ ref('int_bitbucket__deployments_touched') }}

    union

    -- it failed, as one after it shows, or no longer did
    select stored.repository_uuid, stored.deployment_uuid, stored.started_at
    from {{ this }} as stored
    left join failures
        on failures.repository_uuid = stored.repository_uuid
        and failures.deployment_uuid = stored.deployment_uuid
        and failures.started_at = stored.started_at
    where
        stored.is_change_failure <> coalesce(failures.change_failure = 1, false)
        or stored.recovered_at is distinct from failures.recovered_at
),
{%- endif %}

attempts as (
    select * from {{ ref('int_bitbucket__deployments_sequenced') }}
    {%- if is_incremental() %}
    where (repository_uuid, deployment_uuid, started_at) in (
        select repository_uuid, deployment_uuid, started_at from rebuilt
    )
    {%- endif %}
),

changes as (
    select
        changes.repository_uuid,
        changes.deployment_uuid,
        changes.started_at,
        changes.completed_at,
        changes.match_method,
        changes.change_id,
        changes.pull_request_id,
        case
            when changes.is_landing_only then null
            when changes.pull_request_id is not null
                then {{ dbt.concat(["'pull request '", 'cast(changes.pull_request_id as ' ~ dbt.type_string() ~ ')']) }}
            else changes.commit_hash
        end as change_key,
        coalesce(
            least(milestones.first_commit_at, milestones.opened_at),
            case
                when changes.pull_request_id is null and changes.parent_count < 2 then changes.committed_at
            end
        ) as change_started_at
    from {{ ref('int_bitbucket__deployment_changes') }} as changes
    left join {{ ref('int_bitbucket__pull_request_milestones') }} as milestones
        on milestones.repository_uuid = changes.repository_uuid
        and milestones.pull_request_id = changes.pull_request_id
    {%- if is_incremental() %}
    where (changes.repository_uuid, changes.deployment_uuid, changes.started_at) in (
        select repository_uuid, deployment_uuid, started_at from rebuilt
    )
    {%- endif %}
),

-- a change once, however many commits it has
distinct_changes as (
    select
        repository_uuid,
        deployment_uuid,
        started_at,
        change_key,
        min({{ hours_after('change_started_at', 'completed_at') }}) as lead_hours
    from changes
    where change_key is not null
    group by repository_uuid, deployment_uuid, started_at, change_key
),

leads as (
    select
        repository_uuid,
        deployment_uuid,
        started_at,
        count(lead_hours) as change_count,
        {{ percentile(0.5, 'lead_hours') }} as median_change_lead_hours
    from distinct_changes
    group by repository_uuid, deployment_uuid, started_at
),

counts as (
    select
        repository_uuid,
        deployment_uuid,
        started_at,
        count(case when match_method = 'exact' then 1 end) as commit_count,
        count(distinct pull_request_id) as pull_request_count,
        min(match_method) as match_method
    from changes
    group by repository_uuid, deployment_uuid, started_at
)

select
    attempts.repository_uuid,
    attempts.deployment_uuid,
    attempts.started_at,
    attempts.completed_at,
    {{ reporting_day('attempts.completed_at') }} as completed_day,
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
    attempts.previous_deployment_uuid,
    attempts.previous_started_at,
    attempts.next_deployment_uuid,
    attempts.next_started_at,
    change_sets.change_set,
    attempts.is_baseline,
    attempts.is_redeploy,
    coalesce(change_sets.is_rollback, false) as is_rollback,
    remediations.remediation_kind,
    remediations.deployment_uuid is not null as is_remediation,
    coalesce(counts.commit_count, 0) as commit_count,
    coalesce(counts.pull_request_count, 0) as pull_request_count,
    counts.match_method,
    coalesce(leads.change_count, 0) as change_count,
    leads.median_change_lead_hours,
    {{ seconds_between('attempts.started_at', 'attempts.completed_at') }} as running_seconds,
    coalesce(failures.change_failure = 1, false) as is_change_failure,
    failures.recovered_at,
    attempts.is_repository_deleted
from attempts
left join {{ ref('int_bitbucket__deployment_change_sets') }} as change_sets
    on change_sets.repository_uuid = attempts.repository_uuid
    and change_sets.deployment_uuid = attempts.deployment_uuid
    and change_sets.started_at = attempts.started_at
left join {{ ref('int_bitbucket__deployment_remediations') }} as remediations
    on remediations.repository_uuid = attempts.repository_uuid
    and remediations.deployment_uuid = attempts.deployment_uuid
    and remediations.started_at = attempts.started_at
left join counts
    on counts.repository_uuid = attempts.repository_uuid
    and counts.deployment_uuid = attempts.deployment_uuid
    and counts.started_at = attempts.started_at
left join leads
    on leads.repository_uuid = attempts.repository_uuid
    and leads.deployment_uuid = attempts.deployment_uuid
    and leads.started_at = attempts.started_at
left join failures
    on failures.repository_uuid = attempts.repository_uuid
    and failures.deployment_uuid = attempts.deployment_uuid
    and failures.started_at = attempts.started_at
