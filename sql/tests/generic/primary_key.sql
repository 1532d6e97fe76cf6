{#- The columns together tell every row apart, and none of them is ever null. `dbt build` looks only at the keys of rows
    that it made anew, where `touched` says which these are: what `macros/incremental.sql` calls so, or `synced`, the rows
    of a raw table that syncs wrote since. `dbt test` looks at all. -#}
{% test primary_key(model, columns, touched=none) %}

select {{ columns | join(', ') }}, count(*) as row_count
from {{ model }}
{{ bitbucket_source.where_made_anew(model, columns, touched) }}
group by {{ columns | join(', ') }}
having count(*) > 1

union all

select {{ columns | join(', ') }}, 1 as row_count
from {{ model }}
where {{ columns | join(' is null or ') }} is null

{% endtest %}
