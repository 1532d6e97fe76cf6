{#- The schema that `+schema` asks for, as it is, where the profile's own schema has the same name (the profile that
    bitbucket-source writes); else what dbt makes of it: `<schema of the target>_<custom schema>`. -#}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {%- if custom_schema_name is not none and custom_schema_name | trim == target.schema -%}
        {{ target.schema }}
    {%- else -%}
        {{ default__generate_schema_name(custom_schema_name, node) }}
    {%- endif -%}
{%- endmacro %}
