{#- Days, weeks and months are cut in the zone of var `reporting_timezone`; nothing else knows a zone. -#}

{#- The day on which a UTC timestamp falls. -#}
{% macro reporting_day(timestamp_utc) -%}
    {{ return(adapter.dispatch('reporting_day', 'bitbucket_source')(timestamp_utc, var('reporting_timezone', 'UTC'))) }}
{%- endmacro %}

{% macro default__reporting_day(timestamp_utc, zone) -%}
    cast({{ timestamp_utc }} at time zone 'UTC' at time zone '{{ zone }}' as date)
{%- endmacro %}

{% macro spark__reporting_day(timestamp_utc, zone) -%}
    cast(convert_timezone('UTC', '{{ zone }}', {{ timestamp_utc }}) as date)
{%- endmacro %}


{#- A day and a number of days after it. -#}
{% macro add_days(day, number) -%}
    {{ return(adapter.dispatch('add_days', 'bitbucket_source')(day, number)) }}
{%- endmacro %}

{% macro default__add_days(day, number) -%}
    cast({{ day }} + cast({{ number }} as integer) as date)
{%- endmacro %}

{% macro spark__add_days(day, number) -%}
    date_add({{ day }}, cast({{ number }} as int))
{%- endmacro %}


{#- How many days one day is after another. -#}
{% macro days_between(earlier, later) -%}
    {{ return(adapter.dispatch('days_between', 'bitbucket_source')(earlier, later)) }}
{%- endmacro %}

{% macro default__days_between(earlier, later) -%}
    ({{ later }} - {{ earlier }})
{%- endmacro %}

{% macro spark__days_between(earlier, later) -%}
    datediff({{ later }}, {{ earlier }})
{%- endmacro %}
