with users as ({{ raw('users') }})

select
    uuid as user_uuid,
    type as account_type,
    account_id,
    nickname,
    display_name,
    {{ row_state() }}
from users
