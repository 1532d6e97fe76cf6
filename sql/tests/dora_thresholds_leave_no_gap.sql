-- each category begins where the one below it ends, the lowest at 0, and the highest is open
with bounds as (
    select
        metric,
        category,
        at_least,
        below,
        lead(at_least) over (partition by metric order by at_least) as next_at_least,
        row_number() over (partition by metric order by at_least) as place
    from {{ ref('stg_bitbucket__dora_thresholds') }}
)

select metric, category
from bounds
where (place = 1 and at_least <> 0) or coalesce(below, -1) <> coalesce(next_at_least, -1)
