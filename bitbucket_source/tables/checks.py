"""What builds and scanners say of commits."""

from bitbucket_source.tables.contract import OF_REPOSITORY, Table, bigint, json, place, prose, text, timestamp

_COMMIT = place("commit_hash", "The commit (commits.hash).")

_NEW_WHEN = (
    "its commit is the head of a branch or the source of an open pull request and became so within the last 30 days, "
    "or was so and something of it is not finished"
)
_BLIND_TO = (
    "what is said later of a commit that was replaced as a head a day ago and had nothing unfinished, or was a head "
    "for 30 days: seen by the audit where rows of it are stored; nothing is known of commits that were no head when "
    "a sync looked"
)

COMMIT_STATUSES = Table(
    name="commit_statuses",
    description=(
        "Build statuses of the commits that were, when a sync looked, the head of a branch or the source of an open "
        "pull request."
    ),
    key=("repository_uuid", "commit_hash", "key"),
    endpoint="/repositories/{workspace}/{repository_uuid}/commit/{commit_hash}/statuses",
    scope="repository",
    new_when=_NEW_WHEN,
    costs="1 request a sync for each such commit; where refs have moved, 1 per 100 branches and 1 per 50 open pulls",
    blind_to=_BLIND_TO,
    # only below statuses/build
    askable=False,
    default=False,
    columns=(
        OF_REPOSITORY,
        _COMMIT,
        text("key", "Identity of the status among those of the commit."),
        text("uuid", "Identity of the status, where Bitbucket gives one."),
        text("state", "INPROGRESS, SUCCESSFUL, FAILED or STOPPED."),
        text("name", "What was built, as people call it."),
        prose("description", "What the build says of its outcome."),
        text("url", "Page of the build."),
        text("refname", "The branch that pointed at the commit when the status was made; null where unknown."),
        timestamp("created_on", "When the status was made."),
        timestamp("updated_on", "When it was changed last."),
    ),
)

REPORTS = Table(
    name="reports",
    description="Code insights reports (scans, coverage, tests) of the commits that commit_statuses has statuses of.",
    key=("repository_uuid", "commit_hash", "uuid"),
    endpoint="/repositories/{workspace}/{repository_uuid}/commit/{commit_hash}/reports",
    scope="repository",
    parent=COMMIT_STATUSES,
    new_when=_NEW_WHEN,
    costs="1 request a sync for each such commit, beside those of commit_statuses; the refs are read once for both",
    blind_to=_BLIND_TO,
    default=False,
    columns=(
        OF_REPOSITORY,
        _COMMIT,
        text("uuid", "Identity of the report, with braces."),
        text("external_id", "Identity its maker gave it."),
        prose("title", "What it is called."),
        text("details", "What it is about."),
        text("reporter", "The tool or company that made it."),
        text("report_type", "SECURITY, COVERAGE, TEST or BUG."),
        text("result", "PASSED, FAILED or PENDING."),
        json("data", "List of up to ten figures, each with title, type and value."),
        text("link", "Page of the report in the tool that made it."),
        timestamp("created_on", "When it was made."),
        timestamp("updated_on", "When it was changed last."),
    ),
)

REPORT_ANNOTATIONS = Table(
    name="report_annotations",
    description="The findings of reports, each at a line of a file.",
    key=("repository_uuid", "commit_hash", "report_uuid", "uuid"),
    endpoint="/repositories/{workspace}/{repository_uuid}/commit/{commit_hash}/reports/{report_uuid}/annotations",
    scope="repository",
    parent=COMMIT_STATUSES,
    new_when="its report is new or has changed, or is the report of a commit whose reports are read again",
    costs="1 request per 100 findings of each report that is read",
    blind_to=_BLIND_TO,
    default=False,
    columns=(
        OF_REPOSITORY,
        _COMMIT,
        place("report_uuid", "The report (reports.uuid)."),
        text("uuid", "Identity of the finding, with braces."),
        text("external_id", "Identity its maker gave it."),
        text("annotation_type", "VULNERABILITY, CODE_SMELL or BUG."),
        text("path", "Path of the file; null where it concerns none."),
        bigint("line", "Line of the file; 0 or null where it concerns none."),
        text("summary", "What was found, in short."),
        text("details", "What was found, at length."),
        text("severity", "CRITICAL, HIGH, MEDIUM or LOW."),
        text("result", "PASSED, FAILED, SKIPPED or IGNORED; null where it does not apply."),
        text("link", "Page of the finding in the tool that made it."),
        timestamp("created_on", "When it was made."),
        timestamp("updated_on", "When it was changed last."),
    ),
)
