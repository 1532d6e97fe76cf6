{#- Incremental models read again what syncs have touched since the last build, and nothing else. `int_bitbucket__builds`
    says up to when everything had been read, `int_bitbucket__runs_touched` gives the keys; a model built from it takes their
    rows out before (`forget_touched`) and puts them in anew (`only_touched`). Other vars or seeds, and rows that
    somebody removed by hand, need a full build; on Spark every build is one. -#}

{% macro incremental_or_table() -%}
    {{ return('table' if target.type == 'spark' else 'incremental') }}
{%- endmacro %}


{#- Up to when the last build that came to its end had read everything; null where there was none. Not `ref`: what this
    moment decides comes before that model. -#}
{% macro built_until() -%}
    {%- set builds = adapter.get_relation(this.database, this.schema, 'int_bitbucket__builds') if execute -%}
    {%- if builds is none or flags.FULL_REFRESH -%}
        cast(null as {{ bitbucket_source.type_timestamp_utc() }})
    {%- else -%}
        (select max(built_until_at) from {{ builds }})
    {%- endif -%}
{%- endmacro %}


{#- Before an incremental build: the rows of touched keys go. -#}
{% macro forget_touched(touched, keys) -%}
    {%- if is_incremental() -%}
        delete from {{ this }}
        where exists (
            select 1
            from {{ touched }} as touched
            where
                {%- for key in keys %}
                touched.{{ key }} = {{ this }}.{{ key }} {{ "and" if not loop.last }}
                {%- endfor %}
        )
    {%- else -%}
        select 1
    {%- endif -%}
{%- endmacro %}


{#- In a condition: of the rows of an alias those of touched keys; all of them in a full build. -#}
{% macro only_touched(touched, alias, keys) -%}
    {%- if is_incremental() -%}
        exists (
            select 1
            from {{ touched }} as touched
            where
                {%- for key in keys %}
                touched.{{ key }} = {{ alias }}.{{ key }} {{ "and" if not loop.last }}
                {%- endfor %}
        )
    {%- else -%}
        true
    {%- endif -%}
{%- endmacro %}
