{#- Incremental models read again what changed since the last build that came to its end, and nothing else:
    `int_bitbucket__build_begun` says from when on, `int_bitbucket__<what>_touched` holds the keys of what has to be worked
    out anew. A model built from them takes their rows out before (`rebuilt_where_touched`) and puts them in anew
    (`only_touched`). Rows that somebody removed by hand need a full build; on Spark every build is one. -#}

{% macro incremental_or_table() -%}
    {{ return('table' if target.type == 'spark' else 'incremental') }}
{%- endmacro %}


{#- The columns that name what is touched. -#}
{% macro touched_key(what) -%}
    {%- do return({
        'commits': ['repository_uuid', 'short_hash'],
        'deployments': ['repository_uuid', 'deployment_uuid', 'started_at'],
        'listed_commits': ['repository_uuid', 'short_hash'],
        'pull_requests': ['repository_uuid', 'pull_request_id'],
        'runs': ['repository_uuid', 'pipeline_uuid'],
    }[what]) -%}
{%- endmacro %}


{#- The config of a model of which the rows of what is touched are made anew. DuckDB cannot take rows out of a table and
    change its columns in one transaction; what a build leaves behind that dies between the two, the next one mends. -#}
{% macro rebuilt_where_touched(what, on_schema_change='sync_all_columns') -%}
    {%- do return({
        'materialized': bitbucket_source.incremental_or_table(),
        'incremental_strategy': 'append',
        'on_schema_change': on_schema_change,
        'pre_hook': {
            'sql': "{{ bitbucket_source.forget_touched('" ~ what ~ "') }}",
            'transaction': target.type != 'duckdb' or on_schema_change == 'fail',
        },
    }) -%}
{%- endmacro %}


{#- Before an incremental build: the rows of what is touched go. -#}
{% macro forget_touched(what) -%}
    {%- if is_incremental() -%}
        delete from {{ this }} where {{ bitbucket_source.is_touched(what) }}
    {%- else -%}
        select 1
    {%- endif -%}
{%- endmacro %}


{#- In a condition: of the rows of an alias those of what is touched; all of them in a full build. -#}
{% macro only_touched(what, alias) -%}
    {%- set condition = bitbucket_source.is_touched(what, alias ~ '.') -%}
    {{ condition if is_incremental() else 'true' }}
{%- endmacro %}


{#- `in` and not `exists`, for which DuckDB keeps all rows that it reads in memory. -#}
{% macro is_touched(what, prefix='') -%}
    {%- set key = bitbucket_source.touched_key(what) -%}
    ({{ prefix }}{{ key | join(', ' ~ prefix) }}) in (
        select {{ key | join(', ') }} from {{ ref('int_bitbucket__' ~ what ~ '_touched') }}
    )
{%- endmacro %}


{#- Whether a sync wrote a row after the last build had read it. Where everything is built anew, nobody asks. -#}
{% macro since_last_build() -%}
    {%- set begun = ref('int_bitbucket__build_begun') -%}
    {%- if flags.FULL_REFRESH or target.type == 'spark' or bitbucket_source.of_this_build(begun, 'is_first') == 'true' -%}
        1 = 0
    {%- else -%}
        {{ bitbucket_source.synced_since(begun) or 'true' }}
    {%- endif -%}
{%- endmacro %}


{#- The condition that a row was synced after a build's `read_from_at`; none where that is null or nothing has begun. A
    moment that is written out lets DuckDB leave out most of a table; looked up in the query, it reads all. -#}
{% macro synced_since(begun) -%}
    {%- set moment = bitbucket_source.of_this_build(begun, 'read_from_at') -%}
    {%- if moment is not none -%}
        {%- do return("synced_at >= cast('" ~ moment ~ "' as " ~ bitbucket_source.type_timestamp_utc() ~ ")") -%}
    {%- endif -%}
{%- endmacro %}


{#- A value of `int_bitbucket__build_begun` as text; none where it is null or the table is not there yet. -#}
{% macro of_this_build(begun, column) -%}
    {%- if execute and adapter.get_relation(begun.database, begun.schema, begun.identifier) is not none -%}
        {%- set found = run_query('select cast(' ~ column ~ ' as ' ~ dbt.type_string() ~ ') from ' ~ begun) -%}
        {%- do return(found.columns[0].values() | first if found.rows | length else none) -%}
    {%- endif -%}
{%- endmacro %}


{#- Whether none of the incremental models has been built so far. -#}
{% macro is_first_build() -%}
    {%- for node in bitbucket_source.own_models() if node.config.materialized == 'incremental' -%}
        {%- if adapter.get_relation(node.database, node.schema, node.alias) is not none -%}
            {%- do return(false) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- do return(true) -%}
{%- endmacro %}


{#- A relation as an earlier build left it; none where there is none, or where everything is built anew. Not `ref`: what it
    decides comes before the model that makes it. -#}
{% macro left_by_an_earlier_build(name) -%}
    {%- set is_asked = execute and not flags.FULL_REFRESH and target.type != 'spark' -%}
    {%- do return(adapter.get_relation(this.database, this.schema, name) if is_asked else none) -%}
{%- endmacro %}


{#- What a model held that a build left behind which did not come to its end: some of what depends on it was built and some
    was not, and what it was compared with may be as it was before. -#}
{% macro and_what_was_left_unfinished(columns) -%}
    {%- set begun = ref('int_bitbucket__build_begun') -%}
    {%- set stored = bitbucket_source.left_by_an_earlier_build(this.identifier) -%}
    {%- if stored is not none %}
    union

    select {{ columns | join(', ') }}
    from {{ stored }}
    where (select is_resumed from {{ begun }})
    {%- endif %}
{%- endmacro %}


{#- A digest of what every row depends on: vars, the models' own text, seeds or what takes their place, and who was to be
    forgotten, whose rows go without a trace. -#}
{% macro settings_digest(seeds) -%}
    {%- set settings = [
        var('reporting_timezone', 'UTC'),
        var('bitbucket_change_fail_hours', 24),
        var('bitbucket_hotfix_patterns', none),
        var('bitbucket_use_incidents', false),
        var('bitbucket_generated_files', none),
        var('bitbucket_ai_assistants', none),
        var('bitbucket_issue_key', none),
        var('bitbucket_raw_schema', 'bitbucket_raw'),
    ] -%}
    {%- for node in bitbucket_source.own_models() -%}
        {%- do settings.append(node.checksum.checksum) -%}
    {%- endfor -%}
    {%- set parts = ["'" ~ local_md5(settings | map('string') | sort | join(' ')) ~ "'"] -%}
    {%- for relation in seeds -%}
        {%- do parts.append(bitbucket_source.content_digest(relation)) -%}
    {%- endfor -%}
    {{ dbt.hash(dbt.concat(parts)) }}
{%- endmacro %}


{#- The models of this project; none while dbt parses. -#}
{% macro own_models() -%}
    {%- set found = [] -%}
    {%- for node in (graph.nodes.values() if execute else []) -%}
        {%- if node.package_name == 'bitbucket_source' and node.resource_type == 'model' -%}
            {%- do found.append(node) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- do return(found) -%}
{%- endmacro %}


{#- A digest of all rows of a small relation. -#}
{% macro content_digest(relation) -%}
    {{ return(adapter.dispatch('content_digest', 'bitbucket_source')(relation)) }}
{%- endmacro %}

{% macro default__content_digest(relation) -%}
    (
        select coalesce(md5(string_agg(cast(each_row as text), ',' order by cast(each_row as text))), '')
        from (select * from {{ relation }} as all_rows) as each_row
    )
{%- endmacro %}

{#- Nothing is kept from one build to the next there. -#}
{% macro spark__content_digest(relation) -%} '' {%- endmacro %}
