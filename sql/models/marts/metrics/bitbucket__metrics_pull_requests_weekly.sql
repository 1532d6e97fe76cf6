with pull_requests as (
    select
        *,
        {{ week_start('opened_day') }} as opened_week,
        {{ week_start('merged_day') }} as merged_week,
        {{ week_start(reporting_day('closed_at')) }} as closed_week
    from {{ ref('bitbucket__fct_pull_requests') }}
    where not is_deleted
),

opened as (
    select
        repository_uuid,
        opened_week as week_start_day,
        count(case when not is_bot_author then 1 end) as opened_count
    from pull_requests
    group by repository_uuid, opened_week
),

declined as (
    select
        repository_uuid,
        closed_week as week_start_day,
        count(case when not is_bot_author then 1 end) as declined_count
    from pull_requests
    where state in ('DECLINED', 'SUPERSEDED') and closed_week is not null
    group by repository_uuid, closed_week
),

human as (
    select * from pull_requests where merged_week is not null and not is_bot_author
),

merged as (
    select
        repository_uuid,
        merged_week as week_start_day,
        count(*) as merged_count,
        count(case when was_reviewed then 1 end) as reviewed_count,
        count(case when is_self_merged then 1 end) as self_merged_count,
        count(case when is_ai_assisted then 1 end) as ai_assisted_count,
        count(lead_hours) as deployed_count,
        {{ ratio('count(case when was_reviewed then 1 end)', 'count(was_reviewed)') }} as reviewed_share,
        {{ ratio('count(case when is_self_merged then 1 end)', 'count(is_self_merged)') }} as self_merged_share,
        {%- for share in [50, 75, 90] %}
        {{ percentile(share / 100, 'cycle_hours') }} as cycle_hours_p{{ share }},
        {%- endfor %}
        {%- for share in [50, 75, 90] %}
        {{ percentile(share / 100, 'case when first_commit_at is not null then coding_hours end') }}
            as coding_hours_p{{ share }},
        {%- endfor %}
        {%- for phase in ['pickup', 'review', 'merge_wait'] %}
        {%- for share in [50, 75, 90] %}
        {{ percentile(share / 100, 'case when was_reviewed then ' ~ phase ~ '_hours end') }}
            as {{ phase }}_hours_p{{ share }},
        {%- endfor %}
        {%- endfor %}
        {%- for share in [50, 75, 90] %}
        {{ percentile(share / 100, 'lead_hours') }} as lead_hours_p{{ share }},
        {%- endfor %}
        {{ percentile(0.5, 'case when was_reviewed then pickup_weekday_hours end') }} as pickup_weekday_hours_p50,
        {{ percentile(0.5, 'case when was_reviewed then review_weekday_hours end') }} as review_weekday_hours_p50,
        {{ percentile(0.5, 'case when not was_reviewed then pickup_hours end') }} as unreviewed_hours_p50,
        {{ percentile(0.5, 'lines_changed') }} as lines_changed_p50,
        {{ ratio(
            'sum(case when was_reviewed then review_comment_count else 0 end)',
            'count(case when was_reviewed then 1 end)'
        ) }} as review_depth,
        {{ ratio(
            'sum(case when was_reviewed then inline_review_comment_count else 0 end)',
            'count(case when was_reviewed then 1 end)'
        ) }} as inline_review_depth,
        {{ ratio('sum(case when was_reviewed then push_after_review_count else 0 end)',
            'count(case when was_reviewed then 1 end)') }} as pushes_after_review
    from human
    group by repository_uuid, merged_week
),

bots as (
    select repository_uuid, merged_week as week_start_day, count(*) as bot_merged_count
    from pull_requests
    where is_bot_author and merged_week is not null
    group by repository_uuid, merged_week
)

select
    weeks.repository_uuid,
    weeks.week_start_day,
    weeks.is_complete,
    coalesce(opened.opened_count, 0) as opened_count,
    coalesce(declined.declined_count, 0) as declined_count,
    coalesce(bots.bot_merged_count, 0) as bot_merged_count,
    coalesce(merged.merged_count, 0) as merged_count,
    coalesce(merged.reviewed_count, 0) as reviewed_count,
    coalesce(merged.self_merged_count, 0) as self_merged_count,
    coalesce(merged.ai_assisted_count, 0) as ai_assisted_count,
    coalesce(merged.deployed_count, 0) as deployed_count,
    merged.reviewed_share,
    merged.self_merged_share,
    {%- for measure in ['cycle', 'coding', 'pickup', 'review', 'merge_wait', 'lead'] %}
    {%- for share in [50, 75, 90] %}
    merged.{{ measure }}_hours_p{{ share }},
    {%- endfor %}
    {%- endfor %}
    merged.pickup_weekday_hours_p50,
    merged.review_weekday_hours_p50,
    merged.unreviewed_hours_p50,
    merged.lines_changed_p50,
    merged.review_depth,
    merged.inline_review_depth,
    merged.pushes_after_review
from {{ ref('int_bitbucket__repository_weeks') }} as weeks
left join opened
    on opened.repository_uuid = weeks.repository_uuid and opened.week_start_day = weeks.week_start_day
left join declined
    on declined.repository_uuid = weeks.repository_uuid and declined.week_start_day = weeks.week_start_day
left join merged
    on merged.repository_uuid = weeks.repository_uuid and merged.week_start_day = weeks.week_start_day
left join bots
    on bots.repository_uuid = weeks.repository_uuid and bots.week_start_day = weeks.week_start_day
