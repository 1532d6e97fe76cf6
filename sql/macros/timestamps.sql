{#- Timestamps are stored with a zone in the raw tables and without one, in UTC, from staging on.
    Run on DuckDB, Postgres and Spark 4 across both changes of daylight saving time with a session in Berlin. -#}

{#- A raw timestamp with zone as UTC without zone. -#}
{% macro to_utc(timestamp_with_zone) -%}
    {{ return(adapter.dispatch('to_utc', 'bitbucket_source')(timestamp_with_zone)) }}
{%- endmacro %}

{% macro default__to_utc(timestamp_with_zone) -%}
    {{ timestamp_with_zone }} at time zone 'UTC'
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
