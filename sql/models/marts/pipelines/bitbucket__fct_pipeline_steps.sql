{{ config(
    materialized=incremental_or_table(),
    incremental_strategy='delete+insert',
    unique_key=['repository_uuid', 'pipeline_uuid', 'step_uuid', 'started_at'],
    pre_hook="{{ bitbucket_source.forget_touched('runs') }}",
    on_schema_change='fail'
) }}
-- depends_on: {{ ref('int_bitbucket__runs_touched') }}
{%- set of_rebuilt = 'where (repository_uuid, pipeline_uuid) in (select repository_uuid, pipeline_uuid from rebuilt)' %}

with {% if is_incremental() -%}
stored_flaky as (
    select repository_uuid, pipeline_uuid, step_uuid, started_at from {{ this }} where is_flaky
),

rebuilt as (
    select repository_uuid, pipeline_uuid from {{ ref('int_bitbucket__runs_touched') }}

    union

    -- another run of the same commit made it flaky, or no longer does
    select
        coalesce(flaky.repository_uuid, stored_flaky.repository_uuid),
        coalesce(flaky.pipeline_uuid, stored_flaky.pipeline_uuid)
    from {{ ref('int_bitbucket__flaky_steps') }} as flaky
    full join stored_flaky
        on stored_flaky.repository_uuid = flaky.repository_uuid
        and stored_flaky.pipeline_uuid = flaky.pipeline_uuid
        and stored_flaky.step_uuid = flaky.step_uuid
        and stored_flaky.started_at = flaky.started_at
    where flaky.step_uuid is null or stored_flaky.step_uuid is null
),
{% endif %}
attempts as (
    select * from {{ ref('int_bitbucket__pipeline_step_attempts') }} {{ of_rebuilt if is_incremental() }}
),

sequenced as (
    select * from {{ ref('int_bitbucket__pipeline_steps_sequenced') }} {{ of_rebuilt if is_incremental() }}
),

costs as (
    select * from {{ ref('int_bitbucket__step_costs') }} {{ of_rebuilt if is_incremental() }}
)

select
    attempts.repository_uuid,
    attempts.pipeline_uuid,
    attempts.step_uuid,
    attempts.started_at,
    attempts.step_position,
    attempts.step_name,
    attempts.run_number,
    attempts.trigger_type,
    attempts.is_automatic,
    attempts.is_latest_attempt,
    attempts.result,
    flaky.step_uuid is not null as is_flaky,
    attempts.completed_at,
    {{ reporting_day('attempts.completed_at') }} as completed_day,
    case when attempts.is_latest_attempt then sequenced.queue_seconds end as queue_seconds,
    attempts.running_seconds,
    {{ seconds_between('attempts.started_at', 'attempts.completed_at') }} as elapsed_seconds,
    attempts.build_seconds_used,
    costs.build_minutes,
    costs.cost,
    costs.currency,
    attempts.is_deleted,
    runs.is_repository_deleted
from attempts
inner join {{ ref('stg_bitbucket__pipelines') }} as runs
    on runs.repository_uuid = attempts.repository_uuid and runs.pipeline_uuid = attempts.pipeline_uuid
left join sequenced
    on sequenced.repository_uuid = attempts.repository_uuid
    and sequenced.pipeline_uuid = attempts.pipeline_uuid
    and sequenced.step_uuid = attempts.step_uuid
left join {{ ref('int_bitbucket__flaky_steps') }} as flaky
    on flaky.repository_uuid = attempts.repository_uuid
    and flaky.pipeline_uuid = attempts.pipeline_uuid
    and flaky.step_uuid = attempts.step_uuid
    and flaky.started_at = attempts.started_at
left join costs
    on costs.repository_uuid = attempts.repository_uuid
    and costs.pipeline_uuid = attempts.pipeline_uuid
    and costs.step_uuid = attempts.step_uuid
    and costs.started_at = attempts.started_at
