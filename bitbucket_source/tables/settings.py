"""What is set up in a repository: webhooks, files to download."""

from bitbucket_source.tables.contract import (
    OF_REPOSITORY,
    Table,
    account,
    bigint,
    boolean,
    json,
    prose,
    text,
    timestamp,
)

WEBHOOKS = Table(
    name="webhooks",
    description="The webhooks of a repository; without what may be secret: the path and query of their URLs.",
    key=("repository_uuid", "uuid"),
    endpoint="/repositories/{workspace}/{repository_uuid}/hooks",
    scope="webhook",
    listed_whole=True,
    costs="1 request per 100 webhooks a sync and repository",
    default=False,
    columns=(
        OF_REPOSITORY,
        text("uuid", "Identity of the webhook, with braces."),
        prose("description", "What its maker says it is for."),
        text("url[origin]", "Protocol and host of the URL that is called.", name="url_origin"),
        boolean("active", "Whether it is called."),
        json("events", "List of the events it is called for, as in repo:push."),
        boolean("secret_set", "Whether calls are signed with a secret."),
        boolean("skip_cert_verification", "Whether the host's certificate is not verified."),
        timestamp("created_at", "When it was made."),
    ),
)

DOWNLOADS = Table(
    name="downloads",
    description="The files that a repository offers for download; not the files themselves.",
    key=("repository_uuid", "name"),
    endpoint="/repositories/{workspace}/{repository_uuid}/downloads",
    scope="repository",
    listed_whole=True,
    costs="1 request per 100 files a sync and repository",
    accounts=("user",),
    # GET of one answers with the file
    askable=False,
    default=False,
    columns=(
        OF_REPOSITORY,
        text("name", "Name of the file; another of the same name replaces it."),
        bigint("size", "Size in bytes."),
        bigint("downloads", "How often it was downloaded."),
        account("user", "Who put it there"),
        timestamp("created_on", "When it was put there."),
    ),
)
