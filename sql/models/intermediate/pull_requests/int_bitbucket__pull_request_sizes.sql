{{ config(**rebuilt_where_touched('pull_requests')) }}
{%- set generated_files = var('bitbucket_generated_files', [
    '%package-lock.json', '%npm-shrinkwrap.json', '%yarn.lock', '%pnpm-lock.yaml', '%poetry.lock', '%uv.lock',
    '%pipfile.lock', '%cargo.lock', '%composer.lock', '%gemfile.lock', '%go.sum', '%packages.lock.json',
    '%.min.js', '%.min.css', '%.map', '%.snap', '%.pb.go', '%_pb2.py', '%.generated.%', '%/generated/%',
    'vendor/%', '%/vendor/%', 'node_modules/%', '%/node_modules/%', 'dist/%', '%/dist/%',
]) -%}

with files as (
    select
        repository_uuid,
        pull_request_id,
        coalesce(lines_added, 0) as lines_added,
        coalesce(lines_removed, 0) as lines_removed,
        {{ is_like_any('path', generated_files) }} as is_generated
    from {{ ref('stg_bitbucket__pull_request_files') }} as files
    where not is_deleted and {{ only_touched('pull_requests', 'files') }}
)

select
    repository_uuid,
    pull_request_id,
    count(case when not is_generated then 1 end) as file_count,
    cast(sum(case when not is_generated then lines_added else 0 end) as bigint) as lines_added,
    cast(sum(case when not is_generated then lines_removed else 0 end) as bigint) as lines_removed,
    count(case when is_generated then 1 end) as generated_file_count,
    cast(sum(case when is_generated then lines_added + lines_removed else 0 end) as bigint) as generated_line_count
from files
group by repository_uuid, pull_request_id
