select user_uuid
from {{ ref('stg_bitbucket__users') }}
where account_type = 'app_user'

union

select author_uuid as user_uuid
from {{ ref('stg_bitbucket__pull_requests') }}
where author_type = 'app_user' and author_uuid is not null

union

select {{ contributor_key('user_uuid') }} as user_uuid
from {{ ref('stg_bitbucket__bots') }}
