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
    exists (
        select 1
        from ({{ bitbucket_source.raw('repositories', columns=['uuid', 'deleted_at']) }}) as repositories
        where repositories.uuid = {{ below }}.repository_uuid and repositories.deleted_at is not null
    ) as is_repository_deleted,
    {%- endif %}
    {{ bitbucket_source.to_utc('synced_at') }} as synced_at
{%- endmacro %}
