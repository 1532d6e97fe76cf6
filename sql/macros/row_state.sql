{#- The columns with which every staging model ends: what became of the row in Bitbucket, and when it was read.
    `below` names the alias of the rows where they belong to a repository; a staging model joins nothing, so the
    repository's own deletion is looked up with `exists`. -#}
{% macro row_state(below=none) -%}
    {{ bitbucket_source.to_utc('deleted_at') }} as deleted_at,
    deleted_at is not null as is_deleted,
    {%- if below is not none %}
    exists (
        select 1
        from {{ ref('stg_bitbucket__repositories') }} as repositories
        where repositories.repository_uuid = {{ below }}.repository_uuid and repositories.is_deleted
    ) as is_repository_deleted,
    {%- endif %}
    {{ bitbucket_source.to_utc('synced_at') }} as synced_at
{%- endmacro %}
