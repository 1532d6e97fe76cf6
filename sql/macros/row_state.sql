{#- The columns with which every staging model ends: what became of the row in Bitbucket, and when it was read.
    `below` names the rows where they belong to a repository. That a repository is deleted stands only in its own row
    (children of a deleted repository are not touched); as staging joins nothing, `exists` looks it up: no row is
    multiplied or lost by it, and none is needed. `keeps_history`: the rows are of a table that nothing is deleted from. -#}
{% macro row_state(below=none, keeps_history=false) -%}
    {%- if not keeps_history %}
    {{ bitbucket_source.to_utc('deleted_at') }} as deleted_at,
    deleted_at is not null as is_deleted,
    {%- endif %}
    {%- if below is not none %}
    {{ bitbucket_source.is_deleted_repository(below ~ '.repository_uuid') }} as is_repository_deleted,
    {%- endif %}
    {{ bitbucket_source.to_utc('synced_at') }} as synced_at
{%- endmacro %}


{#- Whether a repository is deleted. -#}
{% macro is_deleted_repository(repository_uuid) -%}
    {%- set repositories = "(" ~ bitbucket_source.raw('repositories', columns=['uuid', 'deleted_at']) ~ ") as repositories" -%}
    {{ return(adapter.dispatch('is_deleted_repository', 'bitbucket_source')(repository_uuid, repositories)) }}
{%- endmacro %}

{#- `in` and not `exists`: where that is a column, DuckDB keeps all rows that it reads in memory for it. -#}
{% macro default__is_deleted_repository(repository_uuid, repositories) -%}
    coalesce(
        {{ repository_uuid }} in (select repositories.uuid from {{ repositories }} where repositories.deleted_at is not null),
        false
    )
{%- endmacro %}

{#- Spark 4.1 cannot plan a union of two views that ask `exists` (key not found in UnionBase.rewriteConstraints). -#}
{% macro spark__is_deleted_repository(repository_uuid, repositories) -%}
    array_contains(
        (select collect_list(repositories.uuid) from {{ repositories }} where repositories.deleted_at is not null),
        {{ repository_uuid }}
    )
{%- endmacro %}
