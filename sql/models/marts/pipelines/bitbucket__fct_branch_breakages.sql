-- an episode begins with the first red run after a green one, or with the first run, and ends with the next green one
with runs as (
    select
        repository_uuid,
        ref_name,
        coalesce(selector_type, '') as selector_type,
        coalesce(selector_pattern, '') as selector_pattern,
        pipeline_uuid,
        commit_hash,
        creator_uuid,
        is_successful,
        automatic_completed_at,
        is_repository_deleted,
        row_number() over (
            partition by repository_uuid, ref_name, coalesce(selector_type, ''), coalesce(selector_pattern, '')
            order by automatic_completed_at, pipeline_uuid
        ) as run_order,
        lag(is_successful) over (
            partition by repository_uuid, ref_name, coalesce(selector_type, ''), coalesce(selector_pattern, '')
            order by automatic_completed_at, pipeline_uuid
        ) as was_successful
    from {{ ref('bitbucket__fct_pipeline_runs') }}
    where
        is_on_default_branch
        and is_successful is not null
        and automatic_completed_at is not null
        and not is_deleted
),

numbered as (
    select
        *,
        sum(case when not is_successful and coalesce(was_successful, true) then 1 else 0 end) over (
            partition by repository_uuid, ref_name, selector_type, selector_pattern
            order by run_order
            rows between unbounded preceding and current row
        ) as episode
    from runs
),

placed as (
    select
        *,
        row_number() over (
            partition by repository_uuid, ref_name, selector_type, selector_pattern, episode, is_successful
            order by run_order
        ) as place
    from numbered
    where episode > 0
),

counted as (
    select
        repository_uuid, ref_name, selector_type, selector_pattern, episode,
        count(case when not is_successful then 1 end) as red_run_count
    from numbered
    where episode > 0
    group by repository_uuid, ref_name, selector_type, selector_pattern, episode
)

select
    breaks.repository_uuid,
    breaks.pipeline_uuid as broke_pipeline_uuid,
    breaks.ref_name,
    nullif(breaks.selector_type, '') as selector_type,
    nullif(breaks.selector_pattern, '') as selector_pattern,
    breaks.automatic_completed_at as broke_at,
    {{ reporting_day('breaks.automatic_completed_at') }} as broke_day,
    breaks.commit_hash as broke_commit_hash,
    broke_through.pull_request_id as broke_pull_request_id,
    breaks.creator_uuid as broke_creator_uuid,
    counted.red_run_count,
    fixes.pipeline_uuid as fixed_pipeline_uuid,
    fixes.automatic_completed_at as fixed_at,
    fixes.commit_hash as fixed_commit_hash,
    fixed_through.pull_request_id as fixed_pull_request_id,
    fixes.pipeline_uuid is null as is_open,
    coalesce(fixes.commit_hash = breaks.commit_hash, false) as was_fixed_without_a_change,
    {{ hours_between('breaks.automatic_completed_at', 'fixes.automatic_completed_at') }} as red_hours,
    breaks.is_repository_deleted
from placed as breaks
inner join counted
    on counted.repository_uuid = breaks.repository_uuid
    and counted.ref_name = breaks.ref_name
    and counted.selector_type = breaks.selector_type
    and counted.selector_pattern = breaks.selector_pattern
    and counted.episode = breaks.episode
left join placed as fixes
    on fixes.repository_uuid = breaks.repository_uuid
    and fixes.ref_name = breaks.ref_name
    and fixes.selector_type = breaks.selector_type
    and fixes.selector_pattern = breaks.selector_pattern
    and fixes.episode = breaks.episode
    and fixes.is_successful
    and fixes.place = 1
left join {{ ref('int_bitbucket__commits_through_pull_requests') }} as broke_through
    on broke_through.repository_uuid = breaks.repository_uuid
    and broke_through.short_hash = substr(breaks.commit_hash, 1, 12)
left join {{ ref('int_bitbucket__commits_through_pull_requests') }} as fixed_through
    on fixed_through.repository_uuid = fixes.repository_uuid
    and fixed_through.short_hash = substr(fixes.commit_hash, 1, 12)
where not breaks.is_successful and breaks.place = 1
