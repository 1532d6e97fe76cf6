{%- set built = left_by_an_earlier_build('int_bitbucket__inputs_built') -%}
{%- set key = ['input_kind', 'input_key'] -%}

with changed as (
    {%- if built is none %}
    select input_kind, input_key from {{ ref('int_bitbucket__inputs') }} where 1 = 0
    {%- else %}
    select
        coalesce(now.input_kind, built.input_kind) as input_kind,
        coalesce(now.input_key, built.input_key) as input_key
    from {{ ref('int_bitbucket__inputs') }} as now
    full join {{ built }} as built
        on built.input_kind = now.input_kind and built.input_key = now.input_key
    where
        coalesce(now.input_value <> built.input_value, true)
        -- all commits with a new address are new
        and not (now.input_kind = 'email' and built.input_kind is null)
    {%- endif %}
)

select input_kind, input_key from changed
{{ and_what_was_left_unfinished(key) }}
