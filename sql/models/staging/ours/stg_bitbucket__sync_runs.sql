with sync_runs as ({{ raw('sync_runs') }})

select
    run_id,
    workspace_slug,
    exit_code,
    coalesce(covers_all, true) as is_whole,
    requests as request_count,
    seconds_waited,
    {{ to_utc('started_at') }} as started_at,
    {{ to_utc('ended_at') }} as ended_at
from sync_runs
where coalesce(command, 'sync') = 'sync'
