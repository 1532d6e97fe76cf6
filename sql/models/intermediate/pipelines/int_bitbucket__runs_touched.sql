{%- set built_until = built_until() -%}

with touched as (
    select repository_uuid, pipeline_uuid, synced_at from {{ ref('stg_bitbucket__pipelines') }}

    union all

    select repository_uuid, pipeline_uuid, synced_at from {{ ref('stg_bitbucket__pipeline_steps') }}

    union all

    select repository_uuid, pipeline_uuid, synced_at from {{ ref('stg_bitbucket__pipeline_step_attempts') }}
)

select distinct repository_uuid, pipeline_uuid
from touched
where coalesce(synced_at >= {{ built_until }}, true)
