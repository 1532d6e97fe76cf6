"""Who may do what in a repository, and who is asked to review."""

from bitbucket_source.tables.contract import OF_REPOSITORY, Table, bigint, json, or_empty, place, text

DEFAULT_REVIEWERS = Table(
    name="default_reviewers",
    description="The accounts that a repository asks to review every new pull request; not those of its project.",
    key=("repository_uuid", "user_uuid"),
    endpoint="/repositories/{workspace}/{repository_uuid}/default-reviewers",
    scope="pullrequest",
    listed_whole=True,
    costs="1 request per 100 reviewers a sync and repository",
    accounts=("",),
    default=False,
    columns=(
        OF_REPOSITORY,
        or_empty(text("uuid", "The reviewer (users.uuid).", name="user_uuid")),
    ),
)

BRANCH_RESTRICTIONS = Table(
    name="branch_restrictions",
    description="The rules for pushes and merges into the branches of a repository.",
    key=("repository_uuid", "id"),
    endpoint="/repositories/{workspace}/{repository_uuid}/branch-restrictions",
    scope="repository:admin",
    listed_whole=True,
    costs="1 request per 100 rules a sync and repository",
    accounts=("users",),
    default=False,
    columns=(
        OF_REPOSITORY,
        bigint("id", "Number of the rule."),
        text("kind", "What it restricts or requires: push, force, delete, require_approvals_to_merge and the like."),
        text("branch_match_kind", "glob or branching_model."),
        text("pattern", "Of a glob: the branches the rule is for."),
        text("branch_type", "Of a branching_model: feature, bugfix, release, hotfix, development or production."),
        bigint("value", "How many it requires, where the kind counts: approvals, passing builds and the like."),
        json("users", "List of the accounts the rule lets through (users.uuid), as Bitbucket shows them."),
        json("groups", "List of the groups the rule lets through, as Bitbucket shows them."),
    ),
)

REPOSITORY_PERMISSIONS = Table(
    name="repository_permissions",
    description=(
        "What was given to users and to groups for one repository by name; not what they may do as members of a "
        "project or of the workspace."
    ),
    key=("repository_uuid", "granted_to", "user_uuid", "group_slug"),
    endpoint="/repositories/{workspace}/{repository_uuid}/permissions-config/{granted_to}",
    scope="repository:admin",
    listed_whole=True,
    lists=({"granted_to": "users"}, {"granted_to": "groups"}),
    costs="2 requests a sync and repository, 1 more per 100 users or groups",
    accounts=("user",),
    # users by another column than groups
    askable=False,
    default=False,
    columns=(
        OF_REPOSITORY,
        place("granted_to", "users or groups: in which of the two lists it stands."),
        or_empty(text("user.uuid", "The user (users.uuid); '' where it was given to a group.")),
        or_empty(text("group.slug", "The group's name in URLs; '' where it was given to a user.")),
        text("group.name", "The group's display name; null where it was given to a user."),
        text("permission", "read, write, admin or none."),
    ),
)
