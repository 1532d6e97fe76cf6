{{ config(**rebuilt_where_touched('runs')) }}
with prices as (
    select
        attempts.repository_uuid,
        attempts.pipeline_uuid,
        attempts.step_uuid,
        attempts.started_at,
        attempts.build_seconds_used,
        prices.price_per_minute,
        prices.currency,
        row_number() over (
            partition by attempts.repository_uuid, attempts.pipeline_uuid, attempts.step_uuid, attempts.started_at
            order by prices.priority, prices.step_pattern, prices.price_per_minute
        ) as price_rank
    from {{ ref('int_bitbucket__pipeline_step_attempts') }} as attempts
    inner join {{ ref('stg_bitbucket__step_prices') }} as prices
        on {{ is_like("lower(coalesce(attempts.step_name, ''))", 'prices.step_pattern') }}
    where {{ only_touched('runs', 'attempts') }}
)

select
    repository_uuid,
    pipeline_uuid,
    step_uuid,
    started_at,
    currency,
    build_seconds_used / cast(60 as {{ type_double() }}) as build_minutes,
    build_seconds_used / cast(60 as {{ type_double() }}) * price_per_minute as cost
from prices
where price_rank = 1
