{#- The type of measured numbers. -#}
{% macro type_double() -%}
    {{ return(adapter.dispatch('type_double', 'bitbucket_source')()) }}
{%- endmacro %}

{% macro default__type_double() -%} double precision {%- endmacro %}

{% macro spark__type_double() -%} double {%- endmacro %}


{#- A percentile of the values that are not null, as an aggregate: between two values it interpolates. Medians are
    always worked out from facts, never averaged. -#}
{% macro percentile(share, value) -%}
    {%- set values = 'cast(' ~ value ~ ' as ' ~ bitbucket_source.type_double() ~ ')' -%}
    {{ return(adapter.dispatch('percentile', 'bitbucket_source')(share, values)) }}
{%- endmacro %}

{% macro default__percentile(share, values) -%}
    percentile_cont({{ share }}) within group (order by {{ values }})
{%- endmacro %}

{#- All that are asked for of some values are one aggregate, which DuckDB works out once. -#}
{% macro duckdb__percentile(share, values) -%}
    {%- set shares = [0.5, 0.75, 0.9] -%}
    quantile_cont({{ values }}, {{ shares }})[{{ shares.index(share) + 1 }}]
{%- endmacro %}


{#- A share of a whole, null where there is no whole. -#}
{% macro ratio(part, whole) -%}
    cast({{ part }} as {{ bitbucket_source.type_double() }}) / nullif({{ whole }}, 0)
{%- endmacro %}


{#- A sum of prices: none where they are in several currencies, of which nobody knows the rates. -#}
{% macro cost_of(cost, currency) -%}
    case when min({{ currency }}) <> max({{ currency }}) then null else sum({{ cost }}) end
{%- endmacro %}


{#- The currency of that. -#}
{% macro currency_of(currency) -%}
    case when min({{ currency }}) <> max({{ currency }}) then 'several' else min({{ currency }}) end
{%- endmacro %}
