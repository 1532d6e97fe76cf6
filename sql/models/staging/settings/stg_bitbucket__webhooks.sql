with webhooks as ({{ raw('webhooks') }})

select
    repository_uuid,
    uuid as webhook_uuid,
    description,
    url_origin,
    active as is_active,
    cast(events as {{ dbt.type_string() }}) as events,
    secret_set as has_secret,
    skip_cert_verification as is_certificate_unchecked,
    {{ to_utc('created_at') }} as created_at,
    {{ row_state(below='webhooks') }}
from webhooks
