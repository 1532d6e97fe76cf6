"""Workspaces and the people in them."""

from bitbucket_source.tables.contract import Table, boolean, or_empty, place, prose, text, timestamp

WORKSPACES = Table(
    name="workspaces",
    description="The workspaces that were synced.",
    key=("uuid",),
    endpoint="/workspaces/{workspace}",
    scope="account",
    pagelen=0,
    new_when="read on every sync",
    costs="1 request a sync",
    columns=(
        text("uuid", "Identity of the workspace, with braces."),
        text("slug", "The workspace's name in URLs; can be changed."),
        text("name", "The workspace's display name."),
        boolean("is_private", "Whether the workspace's profile is hidden from others."),
        text("forking_mode", "allow_forks, internal_only or no_forks."),
        timestamp("created_on", "When the workspace was made."),
        text("links.html.href", "The workspace's page.", name="html_url"),
    ),
)

PROJECTS = Table(
    name="projects",
    description="The projects of a workspace: groups of repositories.",
    key=("uuid",),
    endpoint="/workspaces/{workspace}/projects",
    scope="project",
    # by `key`, not by `uuid`
    askable=False,
    new_when="listed whole on every sync",
    costs="1 request per 100 projects a sync",
    columns=(
        text("uuid", "Identity of the project, with braces."),
        place("workspace_uuid", "The workspace (workspaces.uuid)."),
        place("workspace_slug", "The workspace's name in URLs when the project was read."),
        text("key", "The project's short name, as in repositories.project_key."),
        text("name", "The project's display name."),
        prose("description", "What the project is about."),
        boolean("is_private", "Whether only members of the workspace see the project."),
        timestamp("created_on", "When the project was made."),
        timestamp("updated_on", "When the project was changed last."),
        text("links.html.href", "The project's page.", name="html_url"),
    ),
)

WORKSPACE_MEMBERS = Table(
    name="workspace_members",
    description="Who belongs to a workspace.",
    key=("workspace_uuid", "user_uuid"),
    endpoint="/workspaces/{workspace}/members",
    scope="account",
    new_when="listed whole on every sync",
    costs="1 request per 100 members a sync",
    accounts=("user",),
    columns=(
        place("workspace_uuid", "The workspace (workspaces.uuid)."),
        place("workspace_slug", "The workspace's name in URLs when the member was read."),
        or_empty(text("user.uuid", "The member (users.uuid).")),
    ),
)

USERS = Table(
    name="users",
    description="Every account that was met anywhere: authors, reviewers, members, bots, access tokens.",
    key=("uuid",),
    new_when="taken from every object that names the account",
    costs="no request of its own",
    blind_to="a rename is seen when an object that names the account is read again",
    keeps_known=True,
    columns=(
        text("uuid", "Identity of the account, with braces."),
        text("type", "user, team or app_user (an access token or an app: never a person)."),
        text("account_id", "Atlassian account id; null for some old accounts and for teams."),
        prose("nickname", "The name the person chose for mentions; neither unique nor stable."),
        prose("display_name", "The name shown; 'Former user' after the account was closed."),
    ),
)
