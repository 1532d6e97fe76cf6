{{ config(**rebuilt_where_touched('pull_requests')) }}
{%- set assistants = var('bitbucket_ai_assistants', [
    '%claude%', '%copilot%', '%cursor%', '%codex%', '%chatgpt%', '%openai%', '%gemini%', '%devin%', '%aider%',
    '%windsurf%', '%codeium%', '%rovo%', '%amazon q%',
]) -%}

with trailers as (
    select repository_uuid, short_hash
    from {{ ref('stg_bitbucket__commit_trailers') }}
    where
        not is_deleted
        and trailer_key in ('co-authored-by', 'assisted-by', 'generated-by', 'ai-assisted-by')
        and {{ is_like_any('trailer_value', assistants) }}
),

commits as (
    select repository_uuid, pull_request_id, short_hash
    from {{ ref('stg_bitbucket__pull_request_commits') }} as listed
    where not is_deleted and {{ only_touched('pull_requests', 'listed') }}

    union

    -- a squash carries the trailers of what it squashed
    select repository_uuid, pull_request_id, substr(landed_commit_hash, 1, 12) as short_hash
    from {{ ref('int_bitbucket__pull_request_closings') }} as closings
    where landed_commit_hash is not null and {{ only_touched('pull_requests', 'closings') }}
)

select distinct commits.repository_uuid, commits.pull_request_id
from commits
inner join trailers on trailers.repository_uuid = commits.repository_uuid and trailers.short_hash = commits.short_hash
