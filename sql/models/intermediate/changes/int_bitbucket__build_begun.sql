{%- set builds = left_by_an_earlier_build('int_bitbucket__builds') -%}
{%- set inputs = left_by_an_earlier_build('int_bitbucket__inputs_built') -%}
{%- set begun = left_by_an_earlier_build('int_bitbucket__build_begun') -%}
{%- set seeds = [
    ref('stg_bitbucket__bots'),
    ref('stg_bitbucket__environment_kinds'),
    ref('stg_bitbucket__identities'),
    ref('stg_bitbucket__incidents'),
    ref('stg_bitbucket__services'),
    ref('stg_bitbucket__step_prices'),
] -%}
{%- set forgotten = "(" ~ raw('sync_forgotten') ~ ")" %}
-- everything is read again where no build came to its end, or the last one had other settings
with now as (
    select {{ settings_digest(seeds + [forgotten]) }} as settings_digest
){% if builds is not none and inputs is not none and begun is not none %},

last_build as (
    select builds.settings_digest, builds.built_until_at
    from {{ builds }} as builds
    inner join (select max(started_at) as started_at from {{ builds }}) as newest
        on newest.started_at = builds.started_at
    where builds.build_id in (select build_id from {{ inputs }})
)

select
    '{{ invocation_id }}' as build_id,
    now.settings_digest,
    last_build.built_until_at as read_from_at,
    begun.build_id not in (select build_id from {{ builds }}) as is_resumed,
    false as is_first
from now
cross join {{ begun }} as begun
left join last_build on last_build.settings_digest = now.settings_digest
{%- else %}

select
    '{{ invocation_id }}' as build_id,
    now.settings_digest,
    cast(null as {{ type_timestamp_utc() }}) as read_from_at,
    false as is_resumed,
    {{ is_first_build() }} as is_first
from now
{%- endif %}
