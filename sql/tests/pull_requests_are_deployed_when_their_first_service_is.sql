-- of the services that carry a pull request one is the first
with deployed as (
    select repository_uuid, pull_request_id, min(deployed_at) as deployed_at
    from {{ ref('int_bitbucket__pull_requests_deployed') }}
    group by repository_uuid, pull_request_id
)

select deployed.repository_uuid, deployed.pull_request_id
from deployed
inner join {{ ref('bitbucket__fct_pull_requests') }} as pull_requests
    on pull_requests.repository_uuid = deployed.repository_uuid
    and pull_requests.pull_request_id = deployed.pull_request_id
where coalesce(pull_requests.deployed_at <> deployed.deployed_at, true)
