-- `<table>`, `<table>/<list it rides on>` and either with `#renewal` are cursors of one table
with sync_cursors as ({{ raw('sync_cursors') }})

select
    repository_uuid,
    case
        when position('/' in table_name) > 0 then substr(table_name, 1, position('/' in table_name) - 1)
        when position('#' in table_name) > 0 then substr(table_name, 1, position('#' in table_name) - 1)
        else table_name
    end as table_name,
    table_name as cursor_name,
    cursor,
    {{ to_utc('synced_at') }} as synced_at
from sync_cursors
