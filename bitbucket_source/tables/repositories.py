"""Repositories: the list everything else hangs on."""

from bitbucket_source.tables.contract import Table, bigint, boolean, prose, text, timestamp

REPOSITORIES = Table(
    name="repositories",
    description="The repositories of a workspace that the credentials can see.",
    key=("uuid",),
    endpoint="/repositories/{workspace}",
    scope="repository",
    cursor="updated_on",
    new_when="listed whole on every sync: new, renamed, hidden and deleted ones are seen by it",
    costs="1 request per 100 repositories a sync",
    columns=(
        text("uuid", "Identity of the repository, with braces; survives renames."),
        text("workspace.uuid", "The workspace (workspaces.uuid)."),
        text("workspace.slug", "The workspace's name in URLs."),
        text("slug", "The repository's name in URLs; can be changed, and then taken by another."),
        text("full_name", "workspace/slug."),
        text("name", "Display name."),
        prose("description", "What the repository is about."),
        boolean("is_private", "Whether only people with access see it."),
        text("scm", "Always git."),
        text("project.key", "The project (projects.key); null in some old repositories."),
        text("mainbranch.name", "The default branch; null while the repository is empty."),
        text("language", "The language somebody chose in the settings; '' where nobody did."),
        bigint("size", "Bytes on disk, as Bitbucket counts them."),
        text("fork_policy", "allow_forks, no_public_forks or no_forks."),
        text("parent.uuid", "The repository this one was forked from (repositories.uuid, if visible)."),
        text("links.clone[name=https].href", "URL to clone over HTTPS.", name="clone_https"),
        text("links.clone[name=ssh].href", "URL to clone over SSH.", name="clone_ssh"),
        text("links.html.href", "The repository's page.", name="html_url"),
        timestamp("created_on", "When the repository was made."),
        timestamp("updated_on", "Moves within seconds of a push, sometimes without one; never for a pull request."),
    ),
)
