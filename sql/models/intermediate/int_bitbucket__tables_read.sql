-- a cursor says that a table was read of a repository, also where it found nothing
select repository_uuid, table_name, min(synced_at) as first_read_at
from {{ ref('stg_bitbucket__sync_cursors') }}
group by repository_uuid, table_name
