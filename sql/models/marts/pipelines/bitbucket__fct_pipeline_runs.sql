{{ config(**rebuilt_where_touched('runs', on_schema_change='fail')) }}
with costs as (
    select
        repository_uuid,
        pipeline_uuid,
        sum(build_minutes) as build_minutes,
        {{ cost_of('cost', 'currency') }} as cost,
        {{ currency_of('currency') }} as currency
    from {{ ref('int_bitbucket__step_costs') }} as costs
    where {{ only_touched('runs', 'costs') }}
    group by repository_uuid, pipeline_uuid
)

select
    runs.repository_uuid,
    runs.pipeline_uuid,
    runs.build_number,
    runs.run_number,
    runs.creator_uuid,
    runs.trigger_name,
    runs.trigger_type,
    runs.target_type,
    runs.ref_type,
    runs.ref_name,
    coalesce(
        runs.ref_type = 'branch' and runs.ref_name = repositories.default_branch_name, false
    ) as is_on_default_branch,
    runs.commit_hash,
    runs.short_hash,
    runs.selector_type,
    runs.selector_pattern,
    runs.pull_request_id,
    runs.has_variables,
    runs.state,
    runs.stage,
    runs.result,
    runs.error_message,
    judged.automatic_result,
    case
        when judged.automatic_result = 'SUCCESSFUL' then true
        when judged.automatic_result in ('FAILED', 'ERROR') then false
    end as is_successful,
    runs.created_at,
    judged.first_step_started_at,
    judged.automatic_completed_at,
    {{ reporting_day('judged.automatic_completed_at') }} as automatic_completed_day,
    runs.completed_at,
    judged.queue_seconds,
    runs.running_seconds,
    {{ seconds_between('runs.created_at', 'runs.completed_at') }} as elapsed_seconds,
    runs.build_seconds_used,
    costs.build_minutes,
    costs.cost,
    costs.currency,
    judged.step_count,
    judged.not_automatic_step_count,
    runs.is_deleted,
    runs.is_repository_deleted
from {{ ref('stg_bitbucket__pipelines') }} as runs
inner join {{ ref('int_bitbucket__pipeline_runs_judged') }} as judged
    on judged.repository_uuid = runs.repository_uuid and judged.pipeline_uuid = runs.pipeline_uuid
left join {{ ref('stg_bitbucket__repositories') }} as repositories
    on repositories.repository_uuid = runs.repository_uuid
left join costs on costs.repository_uuid = runs.repository_uuid and costs.pipeline_uuid = runs.pipeline_uuid
where {{ only_touched('runs', 'runs') }}
