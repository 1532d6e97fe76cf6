-- the steps of all runs are the steps there are: none counted twice, none lost but those whose run is not loaded
with runs as (
    select coalesce(sum(step_count), 0) as step_count from {{ ref('bitbucket__fct_pipeline_runs') }}
),

steps as (
    select count(*) as step_count
    from {{ ref('stg_bitbucket__pipeline_steps') }} as steps
    inner join {{ ref('stg_bitbucket__pipelines') }} as pipelines
        on pipelines.repository_uuid = steps.repository_uuid and pipelines.pipeline_uuid = steps.pipeline_uuid
    where not steps.is_deleted
)

select runs.step_count as counted, steps.step_count as staged
from runs
cross join steps
where runs.step_count <> steps.step_count
