"""Each definition broken once: a sign, a filter, an order. What no unit test notices is not guarded."""

from __future__ import annotations

from typing import NamedTuple


class Mutation(NamedTuple):
    """A change of one model that makes a definition wrong."""

    definition: str
    model: str
    before: str
    after: str


OF_PULL_REQUESTS = (
    Mutation(
        "merged_at: activity before closing time",
        "int_bitbucket__pull_request_closings",
        "then coalesce(happened_at, closed_at, case",
        "then coalesce(closed_at, happened_at, case",
    ),
    Mutation(
        "merged_at: a merge commit needs two parents",
        "int_bitbucket__pull_request_closings",
        "closed_at, case when parent_count >= 2",
        "closed_at, case when parent_count >= 1",
    ),
    Mutation(
        "merge_kind: squash",
        "int_bitbucket__pull_request_closings",
        "when parent_count is not null then 'squash'",
        "when parent_count > 1 then 'squash'",
    ),
    Mutation(
        "merge_kind: fast-forward",
        "int_bitbucket__pull_request_closings",
        "when merge_short_hash = source_short_hash then",
        "when merge_short_hash <> source_short_hash then",
    ),
    Mutation("push: while open", "int_bitbucket__pull_request_updates", "updates.update_state = 'OPEN' and ", ""),
    Mutation(
        "order of updates",
        "int_bitbucket__pull_request_updates",
        "order by happened_at, activity_id desc",
        "order by happened_at desc, activity_id",
    ),
    Mutation("review: not by the author", "int_bitbucket__pull_request_events", " and not is_author and", " and"),
    Mutation("review: not by bots", "int_bitbucket__pull_request_events", " and not is_bot and", " and"),
    Mutation(
        "review: not after the merge",
        "int_bitbucket__pull_request_events",
        "coalesce(happened_at <= closed_at, true)",
        "true",
    ),
    Mutation("review: not pending", "int_bitbucket__pull_request_events", " and not is_pending", ""),
    Mutation("review: not deleted", "int_bitbucket__pull_request_events", " and not is_content_deleted", ""),
    Mutation(
        "draft: from the opening",
        "int_bitbucket__pull_request_draft_intervals",
        "case when updates.update_number = 1 then pull_requests.created_at else updates.happened_at end",
        "updates.happened_at",
    ),
    Mutation(
        "first commit: no merges",
        "int_bitbucket__pull_request_milestones",
        "coalesce(commits.parent_count, 1) < 2",
        "true",
    ),
    Mutation(
        "first commit: not the landing",
        "int_bitbucket__pull_request_milestones",
        "coalesce(commits.short_hash <> pull_requests.merge_short_hash, true)",
        "true",
    ),
    Mutation(
        "ready: end of the first draft",
        "int_bitbucket__pull_request_milestones",
        "min(events.happened_at) as ready_at",
        "max(events.happened_at) - interval '1 hour' as ready_at",
    ),
    Mutation(
        "final approval: after the last push",
        "int_bitbucket__pull_request_milestones",
        "and coalesce(events.happened_at >= stations.last_push_at, true)",
        "",
    ),
    Mutation(
        "final approval: the first one",
        "int_bitbucket__pull_request_milestones",
        "min(events.happened_at) as final_approval_at",
        "max(events.happened_at) as final_approval_at",
    ),
    Mutation(
        "coding: not below 0",
        "int_bitbucket__pull_request_phases",
        "when bounded.first_commit_at < bounded.opened_at",
        "when bounded.first_commit_at is not null",
    ),
    Mutation(
        "phases leave drafts out",
        "int_bitbucket__pull_request_phases",
        "-({{ hours_between('started_at', 'ended_at') }}),",
        "0,",
    ),
    Mutation(
        "pickup: to the merge where not reviewed",
        "int_bitbucket__pull_request_phases",
        "case when was_reviewed then reviewed_at else ended_at end",
        "reviewed_at",
    ),
    Mutation(
        "weekday hours",
        "int_bitbucket__pull_request_phases",
        "{{ weekday_hours_until('ended_at') }} - {{ weekday_hours_until('started_at') }} as weekday_hours",
        "{{ hours_between('started_at', 'ended_at') }} as weekday_hours",
    ),
    Mutation(
        "rounds: backmerges begin none", "int_bitbucket__review_rounds", " and backmerges.short_hash is null)", ")"
    ),
    Mutation(
        "size: lock files apart",
        "int_bitbucket__pull_request_sizes",
        "sum(case when not is_generated then lines_added else 0 end)",
        "sum(lines_added)",
    ),
    Mutation(
        "response: from ready",
        "bitbucket__fct_pull_request_reviews",
        "greatest(said.requested_at, milestones.ready_at)",
        "coalesce(said.requested_at, milestones.ready_at)",
    ),
    Mutation(
        "self-merged",
        "bitbucket__fct_pull_requests",
        "closed_by_uuid = pull_requests.author_uuid",
        "closed_by_uuid <> pull_requests.author_uuid",
    ),
    Mutation(
        "lead: cycle and deploy", "bitbucket__fct_pull_requests", "cycle_hours + deployed", "cycle_hours - deployed"
    ),
)
