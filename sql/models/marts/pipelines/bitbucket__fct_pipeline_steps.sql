{{ config(
    materialized=incremental_or_table(),
    incremental_strategy='delete+insert',
    unique_key=['repository_uuid', 'pipeline_uuid', 'step_uuid', 'started_at'],
    on_schema_change='fail'
) }}
-- depends_on: {{ ref('int_bitbucket__runs_touched') }}

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
    coalesce(flaky.is_flaky, false) as is_flaky,
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
from {{ ref('int_bitbucket__pipeline_step_attempts') }} as attempts
inner join {{ ref('stg_bitbucket__pipelines') }} as runs
    on runs.repository_uuid = attempts.repository_uuid and runs.pipeline_uuid = attempts.pipeline_uuid
left join {{ ref('int_bitbucket__pipeline_steps_sequenced') }} as sequenced
    on sequenced.repository_uuid = attempts.repository_uuid
    and sequenced.pipeline_uuid = attempts.pipeline_uuid
    and sequenced.step_uuid = attempts.step_uuid
left join {{ ref('int_bitbucket__flaky_steps') }} as flaky
    on flaky.repository_uuid = attempts.repository_uuid
    and flaky.pipeline_uuid = attempts.pipeline_uuid
    and flaky.step_uuid = attempts.step_uuid
    and flaky.started_at = attempts.started_at
left join {{ ref('int_bitbucket__step_costs') }} as costs
    on costs.repository_uuid = attempts.repository_uuid
    and costs.pipeline_uuid = attempts.pipeline_uuid
    and costs.step_uuid = attempts.step_uuid
    and costs.started_at = attempts.started_at
{%- if is_incremental() %}
left join {{ this }} as stored
    on stored.repository_uuid = attempts.repository_uuid
    and stored.pipeline_uuid = attempts.pipeline_uuid
    and stored.step_uuid = attempts.step_uuid
    and stored.started_at = attempts.started_at
where
    {{ only_touched(ref('int_bitbucket__runs_touched'), 'attempts', ['repository_uuid', 'pipeline_uuid']) }}
    or stored.step_uuid is null
    -- another run of the same commit made it flaky, or the repository went or came back
    or stored.is_flaky <> coalesce(flaky.is_flaky, false)
    or stored.is_repository_deleted <> runs.is_repository_deleted
{%- endif %}
