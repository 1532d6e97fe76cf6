"""What the connector remembers, in the warehouse itself: a lost working directory costs nothing."""

from bitbucket_source.tables.contract import Table, Type, ours

SYNC_CURSORS = Table(
    name="sync_cursors",
    description="How far each table of each repository has been read. Append-only: the newest one loaded counts.",
    key=("repository_uuid", "table_name"),
    bookkeeping=True,
    columns=(
        ours(Type.TEXT, "repository_uuid", "The repository, or the workspace for what belongs to no repository."),
        ours(Type.TEXT, "table_name", "The table read, `<table>` or `<table>/<list it rides on>`."),
        ours(Type.TEXT, "cursor", "Where to go on, as JSON; its shape belongs to the table's strategy."),
        ours(Type.TEXT, "declaration", "Fingerprint of the table's declaration when the cursor was made."),
        ours(Type.TIMESTAMP, "synced_at", "Start of the slice that wrote it."),
    ),
)

SYNC_RUNS = Table(
    name="sync_runs",
    description="One row per `sync`, written at its start and completed at its end: when, how it ended, what it cost; "
    "and one per `verify`, whose requests are spent from the same quota.",
    key=("run_id",),
    bookkeeping=True,
    columns=(
        ours(Type.TEXT, "run_id", "Identity of the run."),
        ours(Type.TEXT, "command", "sync, verify or repair (`verify --repair`); null means sync."),
        ours(Type.TEXT, "workspace_slug", "The workspace that was synced."),
        ours(
            Type.JSON,
            "selection",
            "What was asked for: repositories, exclude, projects, tables (null: the default ones), since, "
            "raw, extra_columns, emails.",
        ),
        ours(
            Type.BOOL,
            "covers_all",
            "Whether that took in every repository and table stored of the workspace: only then does a complete sync "
            "tell how fresh the whole is. Null means so.",
        ),
        ours(Type.TEXT, "credentials", "Identity of the credentials whose requests were spent; no secret."),
        ours(Type.TIMESTAMP, "started_at", "When it started."),
        ours(Type.TIMESTAMP, "ended_at", "When it ended; null while it runs, and for ever if it was killed."),
        ours(Type.BIGINT, "exit_code", "0 complete, 1 something was not read, 3 stopped early; null until it ended."),
        ours(Type.TEXT, "stopped", "Why it ended early; '' where it did not."),
        ours(Type.BIGINT, "requests", "Requests made."),
        ours(Type.JSON, "requests_by_endpoint", "Requests by endpoint."),
        ours(
            Type.JSON,
            "requests_by_quota",
            "Requests by whose hourly quota they used: the account's, the consumer's or the token's; no secret.",
        ),
        ours(Type.JSON, "rows_by_table", "Rows written by table."),
        ours(Type.JSON, "rows_marked_by_table", "Rows marked as deleted by table: what is no longer in Bitbucket."),
        ours(Type.BIGINT, "seconds_waited", "Seconds spent waiting for Bitbucket's rate limit."),
        ours(Type.TEXT, "next_repository", "The repository that waited longest: the next run begins with it."),
        ours(Type.JSON, "audit", "Where the audit stands, by kind of rows."),
    ),
)

SYNC_ERRORS = Table(
    name="sync_errors",
    description="What could not be read: one row per list or object, kept after it could be read again.",
    key=("workspace_slug", "table_name", "repository", "item", "first_seen"),
    bookkeeping=True,
    columns=(
        ours(Type.TEXT, "workspace_slug", "The workspace."),
        ours(Type.TEXT, "table_name", "The table that lacks rows."),
        ours(Type.TEXT, "repository", "workspace/slug of the repository, or the workspace's slug."),
        ours(Type.TEXT, "repository_uuid", "The repository (repositories.uuid); '' where it belongs to none."),
        ours(Type.TEXT, "item", "The object that could not be read, such as `id 7`; '' for the whole list."),
        ours(Type.TEXT, "message", "What failed, why, what to do next."),
        ours(Type.TIMESTAMP, "first_seen", "Start of the run that met it first."),
        ours(Type.TIMESTAMP, "last_seen", "Start of the run that met it last."),
        ours(Type.TIMESTAMP, "resolved_at", "Start of the run in which it could be read again; null while it is open."),
    ),
)

SYNC_FORGOTTEN = Table(
    name="sync_forgotten",
    description="Who was forgotten (`bitbucket-source forget`), by nothing but hashes: no sync brings them back.",
    key=("identity",),
    bookkeeping=True,
    columns=(
        ours(
            Type.TEXT,
            "identity",
            "SHA-256 of an account's uuid or account id, of an e-mail address, or of a full name.",
        ),
        ours(Type.TIMESTAMP, "forgotten_at", "When."),
    ),
)
