{#- In a test, where `dbt build` is at work: only the keys of rows that it made anew (`touched` as in
    `macros/incremental.sql`) or that syncs wrote since the last build (`synced`). Relations are looked up and not
    `ref`erred to: a test with `ref` runs only where that model is selected, too. -#}
{% macro where_made_anew(model, columns, touched) -%}
    {%- if touched and execute and flags.WHICH == 'build' and not flags.FULL_REFRESH and target.type != 'spark' -%}
        {%- set begun = adapter.get_relation(model.database, model.schema, 'int_bitbucket__build_begun') -%}
        {%- set since = bitbucket_source.synced_since(begun) if begun is not none -%}
        {%- if since and touched == 'synced' -%}
            where ({{ columns | join(', ') }}) in (select {{ columns | join(', ') }} from {{ model }} where {{ since }})
        {%- elif since -%}
            {%- set keys = adapter.get_relation(model.database, model.schema, 'int_bitbucket__' ~ touched ~ '_touched') -%}
            {%- set key = bitbucket_source.touched_key(touched) | join(', ') -%}
            {{ 'where (' ~ key ~ ') in (select ' ~ key ~ ' from ' ~ keys ~ ')' if keys is not none }}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}
