with touched as (
    select repository_uuid, pipeline_uuid from {{ ref('stg_bitbucket__pipelines') }} where {{ since_last_build() }}

    union all

    select repository_uuid, pipeline_uuid from {{ ref('stg_bitbucket__pipeline_steps') }} where {{ since_last_build() }}

    union all

    select repository_uuid, pipeline_uuid
    from {{ ref('stg_bitbucket__pipeline_step_attempts') }}
    where {{ since_last_build() }}

    union all

    -- another default branch, or a repository that went or came back
    select repository_uuid, pipeline_uuid
    from {{ ref('stg_bitbucket__pipelines') }}
    where repository_uuid in (
        select input_key from {{ ref('int_bitbucket__inputs_changed') }} where input_kind = 'repository'
    )
)

select distinct repository_uuid, pipeline_uuid
from touched
