with reviews as (
    select
        {{ week_start('reviews.first_review_day') }} as week_start_day,
        reviews.reviewer_uuid,
        coalesce(reviewers.team, 'no team') as reviewer_team,
        coalesce(authors.team, 'no team') as author_team,
        reviews.response_hours,
        reviews.comment_count,
        reviews.approval_count,
        reviews.changes_requested_count,
        -- one that was created later or is deleted cuts nothing
        case when not spans.is_deleted then spans.read_until_day end as read_until_day,
        spans.since_day
    from {{ ref('bitbucket__fct_pull_request_reviews') }} as reviews
    left join {{ ref('bitbucket__dim_contributors') }} as reviewers
        on reviewers.contributor_key = reviews.reviewer_uuid
    left join {{ ref('bitbucket__dim_contributors') }} as authors
        on authors.contributor_key = reviews.author_uuid
    left join {{ ref('int_bitbucket__repository_spans') }} as spans
        on spans.repository_uuid = reviews.repository_uuid
    where reviews.has_responded and not reviews.is_bot_reviewer and not reviews.is_deleted
)

select
    reviews.week_start_day,
    reviews.reviewer_uuid,
    reviews.author_team,
    min(reviews.reviewer_team) as reviewer_team,
    coalesce(
        {{ add_days('reviews.week_start_day', 7) }}
        <= least({{ reporting_day('min(as_of.as_of_at)') }}, min(reviews.read_until_day)),
        false
    )
    and coalesce(reviews.week_start_day >= max(reviews.since_day), true) as is_complete,
    count(*) as reviewed_count,
    cast(sum(reviews.comment_count) as bigint) as comment_count,
    count(case when reviews.approval_count > 0 then 1 end) as approved_count,
    count(case when reviews.changes_requested_count > 0 then 1 end) as changes_requested_count,
    {{ percentile(0.5, 'reviews.response_hours') }} as response_hours_p50,
    {{ percentile(0.75, 'reviews.response_hours') }} as response_hours_p75,
    {{ percentile(0.9, 'reviews.response_hours') }} as response_hours_p90
from reviews
cross join {{ ref('int_bitbucket__as_of') }} as as_of
group by reviews.week_start_day, reviews.reviewer_uuid, reviews.author_team
