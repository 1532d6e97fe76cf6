"""What the facts are tested on: looked for in the workspace, with few requests, and shared."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from .asking import Answer, Differs, Json, Reader, Untestable, quoted
from .fact import dig, need, some
from .vocabulary import LONG_AGO

# how many repositories, the last updated first, are looked into for one kind of thing
_PROBED = 4
# how much of a repository's activity is read, 50 rows a page
PAGES_OF_ACTIVITY = 6
ALL_STATES = "state=OPEN&state=MERGED&state=DECLINED&state=SUPERSEDED"
# as the connector asks: plain names, with participants
PULL_REQUEST_FIELDS = ",".join(
    f"values.{name}"
    for name in (
        "id", "state", "title", "draft", "queued", "created_on", "updated_on", "closed_on", "comment_count",
        "task_count", "author.uuid", "closed_by.uuid", "source.commit.hash", "source.branch.name",
        "source.repository.uuid", "destination.branch.name", "destination.commit.hash", "merge_commit.hash",
        "links.diffstat.href", "participants", "reviewers.uuid",
    )
)  # fmt: skip
PIPELINE_FIELDS = "fields=size,page,next,values.uuid,values.created_on,values.state"


@dataclass(frozen=True)
class Repository:
    """A repository: its row of the list, and its address by uuid."""

    row: Json
    path: str

    @property
    def slug(self) -> str:
        """What reports call it."""
        return str(self.row.get("slug"))


class Material:
    """The workspace as far as it was looked at. Whatever is missing raises Untestable, with what was looked for."""

    def __init__(self, reader: Reader, workspace: str) -> None:
        self.reader = reader
        self.workspace = workspace

    # how to ask

    def ask(self, target: str) -> Answer:
        """Whatever is answered. Raises Untestable where it may not be read."""
        answer = self.reader.get(target)
        if answer.status in (401, 403):
            raise Untestable(f"{_place(answer)}: {answer.problem}")
        return answer

    def page(self, target: str) -> Json:
        """An answer that must be 200 with an object in it. Raises Differs, and Untestable where it may not be read."""
        answer = self.ask(target)
        if answer.status != 200:
            raise Differs(f"200 from {_place(answer)}", answer.problem)
        found = answer.json
        if not isinstance(found, dict):
            raise Differs(f"an object from {_place(answer)}", found)
        return found

    def rows(self, target: str) -> list[Json]:
        """The `values` of a page that must come."""
        values: list[Json] = need(self.page(target), "values")
        return values

    def _page(self, target: str) -> Json:
        """A page that is no fact itself, but what others are tested on. Raises Untestable where it does not come."""
        try:
            page = self.page(target)
            need(page, "values")
        except Differs as difference:
            raise Untestable(f"needs {target.partition('?')[0]}: {difference}") from None
        return page

    def _rows(self, target: str) -> list[Json]:
        rows: list[Json] = self._page(target)["values"]
        return rows

    # repositories

    @property
    def repositories(self) -> list[Repository]:
        """The hundred that were updated last, the latest first."""
        rows = some(
            self._rows(f"/repositories/{self.workspace}?sort=-updated_on&pagelen=100"), "repository that may be read"
        )
        return [
            Repository(row, f"/repositories/{self.workspace}/{quoted(row['uuid'])}") for row in rows if "uuid" in row
        ]

    @property
    def reviewed(self) -> Repository:
        """One with pull requests, with more than a page of them if there is such a one."""
        return self._fullest("pullrequests?q=id%3E0&pagelen=1&fields=size,values.id", enough=51, what="pull request")

    @property
    def built(self) -> Repository:
        """One with pipelines."""
        return self._fullest("pipelines/?sort=-created_on&pagelen=1", enough=101, what="pipeline")

    @property
    def deployed(self) -> Repository:
        """One with deployments."""
        return self._fullest("deployments/?pagelen=1", enough=20, what="deployment")

    @property
    def empty(self) -> Repository:
        """One that nobody pushed to."""
        found = [each for each in self.repositories if each.row.get("mainbranch") is None]
        if not found:
            raise Untestable("no repository without a main branch found")
        return found[0]

    def _fullest(self, list_path: str, *, enough: int, what: str) -> Repository:
        best, most = None, 0
        for each in self.repositories[:_PROBED]:
            answer = self.reader.get(f"{each.path}/{list_path}")
            page = answer.json if answer.status == 200 else {}
            size = page.get("size") or len(page.get("values", ()))
            if size > most:
                best, most = each, size
            if size >= enough:
                break
        if best is None:
            raise Untestable(f"no {what} in the {min(_PROBED, len(self.repositories))} repositories updated last")
        return best

    # pull requests

    @property
    def pull_requests(self) -> list[Json]:
        """A page of whole rows of all states."""
        return some(self._rows(f"{self.reviewed.path}/pullrequests?{ALL_STATES}&pagelen=50"), "pull request")

    @property
    def as_the_connector_asks(self) -> str:
        """Plain `fields` with participants, q, sort and the longest page, all at once."""
        wanted = quoted(f'updated_on>="{LONG_AGO}"')
        fields = f"{PULL_REQUEST_FIELDS},next"
        return f"{self.reviewed.path}/pullrequests?q={wanted}&sort=-updated_on&pagelen=50&fields={fields}"

    @property
    def with_participants(self) -> list[Json]:
        """The pull requests that were updated last, with their participants."""
        return some(self._rows(self.as_the_connector_asks), "pull request")

    @property
    def closed(self) -> list[Json]:
        """Pull requests that were merged, declined or superseded."""
        return some([row for row in self.with_participants if row.get("state") != "OPEN"], "closed pull request")

    @property
    def merged(self) -> list[Json]:
        """Pull requests that were merged."""
        return some([row for row in self.with_participants if row.get("state") == "MERGED"], "merged pull request")

    @property
    def with_a_diff(self) -> Json:
        """A merged pull request whose source is still there, if there is such a one."""
        return next((row for row in self.merged if dig(row, "source.repository.uuid")), self.merged[0])

    def below(self, pull_request: Json, what: str) -> str:
        """The address of a list of one pull request."""
        return f"{self.reviewed.path}/pullrequests/{need(pull_request, 'id')}/{what}"

    @property
    def talked_about(self) -> list[tuple[Json, list[Json]]]:
        """Three pull requests with many comments, each with all of them."""
        most = sorted(
            (row for row in self.with_participants if 0 < (row.get("comment_count") or 0) <= 80),
            key=lambda row: -int(row["comment_count"]),
        )
        found = []
        for row in some(most, "pull request with comments")[:3]:
            page = self._page(self.below(row, "comments?pagelen=100"))
            if "next" not in page:
                found.append((row, page["values"]))
        if not found:
            raise Untestable("no pull request whose comments fit one page")
        return found

    @property
    def comments(self) -> list[Json]:
        """The comments of those."""
        return [comment for _, comments in self.talked_about for comment in comments]

    def own_activity(self, pull_request: Json) -> list[Json]:
        """Everything that happened to one. Raises Untestable where it is more than a page."""
        page = self._page(self.below(pull_request, "activity?pagelen=50"))
        if "next" in page:
            raise Untestable(f"the activity of pull request {pull_request['id']} is longer than a page")
        return some(page["values"], "activity")

    @property
    def feed(self) -> Iterator[Json]:
        """The first pages of what happened in the whole repository."""
        target: str | None = f"{self.reviewed.path}/pullrequests/activity?pagelen=50"
        for _ in range(PAGES_OF_ACTIVITY):
            if target is not None:
                page = self._page(target)
                target = page.get("next")
                yield page

    @property
    def happened(self) -> list[Json]:
        """The newest three hundred things that happened in the repository, the latest first."""
        return some([row for page in self.feed for row in page["values"]], "activity")

    @property
    def with_tasks(self) -> list[tuple[Json, list[Json]]]:
        """Two pull requests with tasks, each with its first page of them."""
        found = some([row for row in self.with_participants if row.get("task_count")], "pull request with tasks")
        return [(row, some(self._rows(self.below(row, "tasks?pagelen=100")), "task")) for row in found[:2]]

    @property
    def with_statuses(self) -> list[tuple[Json, list[Json]]]:
        """Up to two pull requests with build statuses, each with them."""
        found: list[tuple[Json, list[Json]]] = []
        for row in self.with_participants[:3]:
            if len(found) < 2 and (rows := self._rows(self.below(row, "statuses?pagelen=100"))):
                found.append((row, rows))
        if not found:
            raise Untestable("no build status on the three pull requests updated last")
        return found

    @property
    def tags(self) -> list[Json]:
        """The tags of one of four repositories that has some."""
        for each in [self.reviewed, *self.repositories[:3]]:
            rows = self._rows(f"{each.path}/refs/tags?sort=name&pagelen=100")
            if rows:
                return rows
        raise Untestable("no tag in four repositories")

    # pipelines and deployments

    @property
    def runs(self) -> list[Json]:
        """The newest hundred pipelines of a repository."""
        return some(self._rows(f"{self.built.path}/pipelines/?sort=-created_on&pagelen=100"), "pipeline")

    def steps(self, run: Json) -> list[Json]:
        """The steps of a pipeline."""
        return self._rows(f"{self.built.path}/pipelines/{quoted(need(run, 'uuid'))}/steps/?pagelen=100")

    @property
    def tested_steps(self) -> list[tuple[Json, Json]]:
        """The steps of the three newest finished pipelines, each after its pipeline."""
        done = some([run for run in self.runs if dig(run, "state.name") == "COMPLETED"], "finished pipeline")
        return [(run, step) for run in done[:3] for step in self.steps(run)]

    @property
    def schedules(self) -> list[Json]:
        """The schedules of three repositories; 404 is answered where Pipelines was never on."""
        answers = [self.ask(f"{each.path}/pipelines_config/schedules?pagelen=100") for each in self.repositories[:3]]
        other = next((answer for answer in answers if answer.status not in (200, 404)), None)
        if other is not None:
            raise Differs("200 or 404", other.problem)
        rows = [row for answer in answers if answer.status == 200 for row in answer.json["values"]]
        return some(rows, "schedule in three repositories")

    @property
    def deployments(self) -> list[Json]:
        """The hundred deployments that began last in a repository."""
        return some(self._rows(f"{self.deployed.path}/deployments/?sort=-state.started_on&pagelen=100"), "deployment")

    @property
    def deployments_by_completion(self) -> list[Json]:
        """The hundred that were completed last, of each what is named; the environment's name and the status too."""
        names = ("uuid", "environment.uuid", "environment.name", "state.name", "state.status.name")
        fields = ",".join(f"values.{name}" for name in (*names, "state.started_on", "state.completed_on"))
        target = f"{self.deployed.path}/deployments/?sort=-state.completed_on&pagelen=100&fields={fields},next"
        return some(self.rows(target), "deployment")


def _place(answer: Answer) -> str:
    """An address without its query, which is long."""
    return answer.target.partition("?")[0]
