{{ config(**rebuilt_where_touched('runs')) }}
with attempts as (
    select repository_uuid, pipeline_uuid, step_uuid, started_at, step_name, build_seconds_used
    from {{ ref('int_bitbucket__pipeline_step_attempts') }} as attempts
    where {{ only_touched('runs', 'attempts') }}
),

prices as (
    select
        attempts.repository_uuid,
        attempts.pipeline_uuid,
        attempts.step_uuid,
        attempts.started_at,
        prices.price_per_minute,
        prices.currency,
        row_number() over (
            partition by attempts.repository_uuid, attempts.pipeline_uuid, attempts.step_uuid, attempts.started_at
            order by prices.priority, {{ in_code_order('prices.step_pattern') }}, prices.price_per_minute
        ) as price_rank
    from attempts
    inner join {{ ref('stg_bitbucket__step_prices') }} as prices
        on {{ is_like("lower(coalesce(attempts.step_name, ''))", 'prices.step_pattern') }}
)

-- a step that has no price was built all the same
select
    attempts.repository_uuid,
    attempts.pipeline_uuid,
    attempts.step_uuid,
    attempts.started_at,
    prices.currency,
    attempts.build_seconds_used / cast(60 as {{ type_double() }}) as build_minutes,
    attempts.build_seconds_used / cast(60 as {{ type_double() }}) * prices.price_per_minute as cost
from attempts
left join prices
    on prices.repository_uuid = attempts.repository_uuid
    and prices.pipeline_uuid = attempts.pipeline_uuid
    and prices.step_uuid = attempts.step_uuid
    and prices.started_at = attempts.started_at
    and prices.price_rank = 1
