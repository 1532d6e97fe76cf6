-- what many rows depend on and is no row of theirs: no synced_at tells when it changed for them
select 'bot' as input_kind, user_uuid as input_key, '' as input_value
from {{ ref('int_bitbucket__bots_identified') }}

union all

select 'email', email, contributor_key
from {{ ref('int_bitbucket__emails_resolved') }}

union all

select
    'repository', repository_uuid,
    {{ dbt.concat(["case when is_deleted then 'deleted ' else 'there ' end", "coalesce(default_branch_name, '')"]) }}
from {{ ref('stg_bitbucket__repositories') }}
