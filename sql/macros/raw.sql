{#- The rows of a raw table with the columns that the sources file declares, as a select.
    What is not loaded (a table never synced, a column younger than the last sync) is there without rows or values,
    under its declared type: a model never fails because something was left out of a sync.
    A text is cast: what dlt calls `character varying` in Postgres a contract calls `text`, and dbt takes them for two types,
    with which the second build of an incremental model fails.
    `columns` names the ones wanted, where not all are. -#}
{% macro raw(table_name, columns=none) -%}
    {%- set relation = source('bitbucket', table_name) -%}
    {%- if not execute -%}
        select * from {{ relation }}
    {%- else -%}
        {%- set present = bitbucket_source.stored_columns(relation) | map('lower') | list -%}
        select
        {%- for column in bitbucket_source.declared_columns(table_name) if columns is none or column.name in columns %}
            {% if column.name in present and column.data_type != 'text' -%}
                {{ adapter.quote(column.name) }}
            {%- elif column.name in present -%}
                cast({{ adapter.quote(column.name) }} as {{ dbt.type_string() }}) as {{ adapter.quote(column.name) }}
            {%- else -%}
                cast(null as {{ bitbucket_source.raw_type(column.data_type) }}) as {{ adapter.quote(column.name) }}
            {%- endif -%}
            {{ "," if not loop.last }}
        {%- endfor %}
        {% if present -%} from {{ relation }} {%- else -%} where 1 = 0 {%- endif -%}
    {%- endif -%}
{%- endmacro %}


{#- The names of the columns that a table has in the warehouse; none where there is no such table. Asked of the database
    each time: while one thread fills dbt's cache of a schema that dbt does not manage, `load_relation` in another
    thread does not find tables that are there (dbt-adapters 1.24). -#}
{% macro stored_columns(relation) -%}
    {%- do return(adapter.dispatch('stored_columns', 'bitbucket_source')(relation)) -%}
{%- endmacro %}

{% macro default__stored_columns(relation) -%}
    {%- do return(adapter.get_columns_in_relation(relation) | map(attribute='name') | list) -%}
{%- endmacro %}

{#- Asked first whether there is one: Spark writes its whole stack to the console where a table is missing. -#}
{% macro spark__stored_columns(relation) -%}
    {%- set schemas = run_query("show schemas like '" ~ relation.schema ~ "'") -%}
    {%- if not schemas | length -%}
        {%- do return([]) -%}
    {%- endif -%}
    {%- set tables = run_query("show tables in " ~ relation.schema ~ " like '" ~ relation.identifier ~ "'") -%}
    {%- do return(bitbucket_source.default__stored_columns(relation) if tables | length else []) -%}
{%- endmacro %}


{#- The columns of a raw table in the sources file: name, data_type, description. -#}
{% macro declared_columns(table_name) -%}
    {%- for node in graph.sources.values() if node.source_name == 'bitbucket' and node.name == table_name -%}
        {%- do return(node.columns.values() | list) -%}
    {%- endfor -%}
{%- endmacro %}


{#- The engine's name of a type of the sources file. -#}
{% macro raw_type(data_type) -%}
    {%- do return({
        'text': dbt.type_string(),
        'json': dbt.type_string(),
        'bigint': dbt.type_bigint(),
        'bool': dbt.type_boolean(),
        'timestamp': bitbucket_source.type_timestamp_with_zone(),
    }[data_type]) -%}
{%- endmacro %}
