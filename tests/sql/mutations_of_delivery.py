"""The same for deployments, pipelines, people and the metrics."""

from __future__ import annotations

from .mutations import Mutation

OF_DELIVERY = (
    Mutation(
        "baseline: the first success",
        "int_bitbucket__deployments_sequenced",
        "success_number = 1",
        "success_number = 2",
    ),
    Mutation(
        "redeploy is no rollback",
        "int_bitbucket__deployment_change_sets",
        "when successes.is_redeploy then",
        "when false then",
    ),
    Mutation(
        "rollback: was there before",
        "int_bitbucket__deployment_change_sets",
        " and was_deployed_before)",
        " and false)",
    ),
    Mutation(
        "rollback: an empty set is one only where it is known",
        "int_bitbucket__deployment_change_sets",
        "derived.repository_uuid is not null\n                and own",
        "own",
    ),
    Mutation(
        "rollback: a set that is waited for is not empty",
        "int_bitbucket__deployment_change_sets",
        "\n                and underived.deployment_uuid is null",
        "",
    ),
    Mutation(
        "remediation: a revert as the sync writes it",
        "int_bitbucket__deployment_remediations",
        "'this reverts commit'",
        "'reverts-commit'",
    ),
    Mutation(
        "flaky: no step that somebody started",
        "int_bitbucket__flaky_steps",
        "and started_by_hand.step_uuid is null",
        "and coalesce(attempts.trigger_type, '') <> 'pipeline_step_trigger_manual'",
    ),
    Mutation(
        "lead time: what a pull request landed that is gone",
        "int_bitbucket__commits_through_pull_requests",
        "        and not pull_requests.is_deleted\n",
        "",
    ),
    Mutation(
        "a commit came through the one merged first",
        "int_bitbucket__commits_through_pull_requests",
        "                closings.merged_at,\n",
        "                closings.merged_at desc,\n",
    ),
    Mutation(
        "squashed commits are carried",
        "int_bitbucket__deployment_changes",
        "where exact.commit_hash is null",
        "where exact.commit_hash is not null",
    ),
    Mutation(
        "window: since the deployment before",
        "int_bitbucket__deployment_changes",
        "closings.merged_at > successes.previous_started_at",
        "closings.merged_at >= successes.previous_started_at",
    ),
    Mutation("deployed: production only", "int_bitbucket__pull_requests_deployed", " and changes.is_production", ""),
    Mutation(
        "deployed: the earliest",
        "int_bitbucket__pull_requests_deployed",
        "order by completed_at, started_at, deployment_uuid, match_method\n        ) as in_service",
        "order by completed_at desc, started_at, deployment_uuid, match_method\n        ) as in_service",
    ),
    Mutation(
        "remediation: reverts what came just before",
        "int_bitbucket__deployment_remediations",
        "and replaced.stay_number = successes.stay_number - 1\n",
        "",
    ),
    Mutation(
        "a redeploy carries what it deploys again",
        "int_bitbucket__deployments_sequenced",
        "sum(case when previous_commit_hash = commit_hash then 0 else 1 end)",
        "sum(1)",
    ),
    Mutation(
        "change failure: within the hours",
        "bitbucket__fct_deployment_failures",
        "recovery_hours <= {{",
        "recovery_hours < {{",
    ),
    Mutation(
        "lead of a deployment: per change",
        "bitbucket__fct_deployments",
        "group by repository_uuid, deployment_uuid, started_at, change_key",
        "group by repository_uuid, deployment_uuid, started_at, change_key, change_id",
    ),
    Mutation(
        "release: once a run and commit",
        "bitbucket__metrics_dora_rows",
        "when release_rank > 1",
        "when release_rank > 2",
    ),
    Mutation("change fail rate: pending", "bitbucket__metrics_dora_rows", "when age_hours <", "when age_hours >"),
    Mutation(
        "lead time: bots apart", "bitbucket__metrics_dora_rows", "when merged.is_bot_author then", "when false then"
    ),
    Mutation(
        "lead time: no release trains",
        "bitbucket__metrics_dora_rows",
        "when landed.own_commit_count = 0 then",
        "when landed.own_commit_count < 0 then",
    ),
    Mutation(
        "release train: commits that came through others",
        "int_bitbucket__pull_requests_landed",
        "when through.pull_request_id = merged.pull_request_id and",
        "when",
    ),
    Mutation(
        "hotfix: not where it is merged a second time",
        "int_bitbucket__deployment_remediations",
        "and not coalesce(changes.is_landing_only, false)",
        "",
    ),
    Mutation(
        "deployed: with the last of its own commits",
        "int_bitbucket__pull_requests_deployed",
        "and landed.own_commit_count = in_order.carried_count",
        "",
    ),
    Mutation("dora: no category below 5", "bitbucket__metrics_dora", "smallest_n = 5", "smallest_n = 1"),
    Mutation("dora: weeks with none", "bitbucket__metrics_dora", "left join measured", "inner join measured"),
    Mutation(
        "dora: a deleted repository cuts nothing",
        "bitbucket__metrics_dora",
        "min(case when not spans.is_deleted then spans.read_until_day end)",
        "min(spans.read_until_day)",
    ),
    Mutation(
        "dora: periods are cut by as_of",
        "bitbucket__metrics_dora",
        "periods.period_end_day <= extents.read_until_day",
        "periods.period_start_day <= extents.read_until_day",
    ),
    Mutation(
        "success: the automatic part",
        "int_bitbucket__pipeline_runs_judged",
        "count(case when is_in_automatic_part and result = 'FAILED' then 1 end)",
        "count(case when result = 'FAILED' then 1 end)",
    ),
    Mutation(
        "success: a step that is run again",
        "int_bitbucket__pipeline_steps_sequenced",
        "not is_manual and is_before_first_manual",
        "is_automatic and is_before_first_manual",
    ),
    Mutation(
        "success: once is enough",
        "int_bitbucket__pipeline_steps_sequenced",
        "case when successes.completed_at is not null then 'SUCCESSFUL' else steps.result end",
        "steps.result",
    ),
    Mutation(
        "queue: from the latest end before",
        "int_bitbucket__pipeline_steps_sequenced",
        "max(earlier.completed_at) as completed_at",
        "min(earlier.completed_at) as completed_at",
    ),
    Mutation(
        "build seconds of this attempt alone",
        "int_bitbucket__pipeline_step_attempts",
        "then attempts.build_seconds_used - attempts.earlier_build_seconds",
        "then attempts.build_seconds_used",
    ),
    Mutation(
        "flaky: no push between",
        "int_bitbucket__flaky_steps",
        "'stay', 'step_name'",
        "'step_name'",
    ),
    Mutation(
        "an attempt's own row counts",
        "int_bitbucket__pipeline_step_attempts",
        "source_rank\n        ) as seen_rank",
        "source_rank desc\n        ) as seen_rank",
    ),
    Mutation("flaky: no variables", "int_bitbucket__flaky_steps", "and not stays.has_variables", ""),
    Mutation(
        "cost: by priority", "int_bitbucket__step_costs", "order by prices.priority,", "order by prices.priority desc,"
    ),
    Mutation(
        "recovery: same selector",
        "bitbucket__fct_branch_breakages",
        "partition by repository_uuid, ref_name, selector_type, selector_pattern\n            order by run_order",
        "partition by repository_uuid, ref_name\n            order by automatic_completed_at",
    ),
    Mutation(
        "success rate leaves STOPPED out",
        "bitbucket__metrics_pipelines_weekly",
        "'count(is_successful)') }} as success_rate",
        "'count(*)') }} as success_rate",
    ),
    Mutation(
        "flaky failures are failures",
        "bitbucket__metrics_step_reliability",
        "count(case when result = 'FAILED' and is_flaky then 1 end) as",
        "count(case when is_flaky is not null then 1 end) as",
    ),
    Mutation(
        "pickup of the reviewed",
        "bitbucket__metrics_pull_requests_weekly",
        "'case when was_reviewed then ' ~ phase ~ '_hours end'",
        "phase ~ '_hours'",
    ),
    Mutation(
        "review depth: per reviewed pull request",
        "bitbucket__metrics_pull_requests_weekly",
        "review_comment_count else 0 end)',\n            'count(case when was_reviewed then 1 end)'",
        "review_comment_count else 0 end)',\n            'count(*)'",
    ),
    Mutation(
        "load: of people who said something",
        "bitbucket__metrics_review_load_weekly",
        "reviews.has_responded and not reviews.is_bot_reviewer",
        "reviews.first_review_day is not null",
    ),
    Mutation(
        "new contributors",
        "bitbucket__metrics_contributors_weekly",
        "min(week_start_day) as first_week",
        "max(week_start_day) as first_week",
    ),
    Mutation(
        "absence factor: half",
        "bitbucket__metrics_ownership",
        "2 * commits_so_far >= all_commits",
        "commits_so_far >= all_commits",
    ),
    Mutation("absence factor: no merges", "bitbucket__metrics_ownership", "and not commits.is_merge\n", "\n"),
    Mutation(
        "open: waits for the reviewer after a push",
        "bitbucket__metrics_open_pull_requests",
        "> last_events.last_review_number then 'reviewer'",
        "> last_events.last_review_number then 'author'",
    ),
    Mutation(
        "identity: the newest mapping",
        "int_bitbucket__emails_resolved",
        "order by committed_at desc",
        "order by committed_at",
    ),
    Mutation(
        "commit: deployed the first time",
        "bitbucket__fct_commits",
        "min(changes.completed_at) as deployed_at",
        "max(changes.completed_at) as deployed_at",
    ),
    Mutation(
        "coverage: complete from the last gap on",
        "bitbucket__audit_coverage",
        "max(case when reason is not null then counted_at end)",
        "min(case when reason is not null then counted_at end)",
    ),
)
