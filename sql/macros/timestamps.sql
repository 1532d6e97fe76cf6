{#- Timestamps are stored with a zone in the raw tables and without one, in UTC, from staging on.
    Run on DuckDB, Postgres and Spark 4 across both changes of daylight saving time with a session in Berlin. -#}

{#- A raw timestamp with zone as UTC without zone. -#}
{% macro to_utc(timestamp_with_zone) -%}
    {{ return(adapter.dispatch('to_utc', 'bitbucket_source')(timestamp_with_zone)) }}
{%- endmacro %}

{% macro default__to_utc(timestamp_with_zone) -%}
    {{ timestamp_with_zone }} at time zone 'UTC'
{%- endmacro %}

{#- The same as `at time zone`, without asking ICU for each row. -#}
{% macro duckdb__to_utc(timestamp_with_zone) -%}
    make_timestamp(epoch_us({{ timestamp_with_zone }}))
{%- endmacro %}

{% macro spark__to_utc(timestamp_with_zone) -%}
    timestampadd(microsecond, unix_micros({{ timestamp_with_zone }}), timestamp_ntz'1970-01-01 00:00:00')
{%- endmacro %}


{#- The type of a timestamp of the raw tables. -#}
{% macro type_timestamp_with_zone() -%}
    {{ return(adapter.dispatch('type_timestamp_with_zone', 'bitbucket_source')()) }}
{%- endmacro %}

{% macro default__type_timestamp_with_zone() -%} timestamp with time zone {%- endmacro %}

{% macro spark__type_timestamp_with_zone() -%} timestamp {%- endmacro %}


{#- The type of a timestamp from staging on. -#}
{% macro type_timestamp_utc() -%}
    {{ return(adapter.dispatch('type_timestamp_utc', 'bitbucket_source')()) }}
{%- endmacro %}

{% macro default__type_timestamp_utc() -%} timestamp {%- endmacro %}

{% macro spark__type_timestamp_utc() -%} timestamp_ntz {%- endmacro %}


{#- Seconds from one UTC timestamp to another, with their fraction; never `dbt.datediff`, which counts boundaries. -#}
{% macro seconds_between(earlier, later) -%}
    {{ return(adapter.dispatch('seconds_between', 'bitbucket_source')(earlier, later)) }}
{%- endmacro %}

{% macro default__seconds_between(earlier, later) -%}
    cast(extract(epoch from {{ later }} - {{ earlier }}) as double precision)
{%- endmacro %}

{% macro duckdb__seconds_between(earlier, later) -%}
    cast((epoch_us({{ later }}) - epoch_us({{ earlier }})) / 1000000.0 as double)
{%- endmacro %}

{% macro spark__seconds_between(earlier, later) -%}
    timestampdiff(microsecond, {{ earlier }}, {{ later }}) / 1000000.0D
{%- endmacro %}


{#- Hours from one UTC timestamp to another. -#}
{% macro hours_between(earlier, later) -%}
    {{ bitbucket_source.seconds_between(earlier, later) }} / 3600
{%- endmacro %}


{#- Hours from one UTC timestamp to a later one; 0 where only the clocks of two machines say that it came before. -#}
{% macro hours_after(earlier, later) -%}
    case when {{ later }} < {{ earlier }} then 0 else {{ bitbucket_source.hours_between(earlier, later) }} end
{%- endmacro %}


{#- A Python-readable ISO 8601 moment (a var) as a UTC timestamp; one without offset is UTC. -#}
{% macro utc_literal(moment) -%}
    {%- set parsed = modules.datetime.datetime.fromisoformat(moment | string | replace('Z', '+00:00')) -%}
    {%- set utc = parsed.astimezone(modules.pytz.utc).replace(tzinfo=none) if parsed.tzinfo else parsed -%}
    cast('{{ utc.strftime("%Y-%m-%d %H:%M:%S.%f") }}' as {{ bitbucket_source.type_timestamp_utc() }})
{%- endmacro %}
