"""Asking Bitbucket for whole objects, page after page. The world has to stand still meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from itertools import count
from typing import Any
from urllib.parse import quote

import requests

Json = dict[str, Any]


class Bitbucket:
    """One workspace of a Bitbucket, seen through plain HTTP. Any answer but 200 raises requests.HTTPError."""

    def __init__(self, base_url: str, workspace: str, auth: Any) -> None:
        self._base_url = base_url
        self._workspace = workspace
        self._session = requests.Session()
        self._session.auth = auth
        self.now = datetime.min.replace(tzinfo=UTC)
        """what Bitbucket's clock showed last, in whole seconds"""

    def __enter__(self) -> Bitbucket:
        return self

    def __exit__(self, *_exception: object) -> None:
        self._session.close()

    def workspace(self) -> Json:
        return self._get(f"{self._base_url}/workspaces/{self._workspace}")

    def projects(self) -> Iterator[Json]:
        return self._linked(f"{self._base_url}/workspaces/{self._workspace}/projects?pagelen=100")

    def members(self) -> Iterator[Json]:
        return self._linked(f"{self._base_url}/workspaces/{self._workspace}/members?pagelen=100")

    def repositories(self) -> Iterator[Json]:
        return self._linked(f"{self._base_url}/repositories/{self._workspace}?pagelen=100")

    def branches(self, repository_uuid: str) -> Iterator[Json]:
        return self._linked(f"{self._repository(repository_uuid)}/refs/branches?pagelen=100")

    def tags(self, repository_uuid: str) -> Iterator[Json]:
        return self._linked(f"{self._repository(repository_uuid)}/refs/tags?pagelen=100")

    def commits(self, repository_uuid: str) -> Iterator[Json]:
        """All that branches and tags reach."""
        return self._linked(f"{self._repository(repository_uuid)}/commits?pagelen=100")

    def pull_requests(self, repository_uuid: str) -> Iterator[Json]:
        """Those of every state, with the two lists that only `fields` adds (FACTS 2)."""
        states = "&".join(f"state={state}" for state in ("OPEN", "MERGED", "DECLINED", "SUPERSEDED"))
        lists = "fields=%2Bvalues.participants,%2Bvalues.reviewers"
        return self._linked(f"{self._repository(repository_uuid)}/pullrequests?pagelen=50&{states}&{lists}")

    def activity(self, repository_uuid: str, pull_request_id: int) -> Iterator[Json]:
        """What happened, newest first."""
        return self._linked(f"{self._pull_request(repository_uuid, pull_request_id)}/activity?pagelen=50")

    def comments(self, repository_uuid: str, pull_request_id: int) -> Iterator[Json]:
        """Deleted ones too (FACTS 3)."""
        return self._linked(f"{self._pull_request(repository_uuid, pull_request_id)}/comments?pagelen=100")

    def tasks(self, repository_uuid: str, pull_request_id: int) -> Iterator[Json]:
        return self._linked(f"{self._pull_request(repository_uuid, pull_request_id)}/tasks?pagelen=100")

    def pull_request_commits(self, repository_uuid: str, pull_request_id: int) -> Iterator[Json]:
        return self._linked(f"{self._pull_request(repository_uuid, pull_request_id)}/commits")

    def files(self, pull_request: Json) -> Iterator[Json]:
        """Of the diffstat, at the address that the pull request itself names."""
        return self._linked(pull_request["links"]["diffstat"]["href"])

    def pipelines(self, repository_uuid: str) -> Iterator[Json]:
        """By page numbers: the `next` of this list forgets what was asked (FACTS 1)."""
        for number in count(1):
            page = self._get(f"{self._repository(repository_uuid)}/pipelines/?pagelen=100&page={number}")
            yield from page["values"]
            if not page["values"]:
                return

    def steps(self, repository_uuid: str, pipeline_uuid: str) -> Iterator[Json]:
        return self._linked(f"{self._repository(repository_uuid)}/pipelines/{quote(pipeline_uuid)}/steps/")

    def test_report(self, repository_uuid: str, pipeline_uuid: str, step_uuid: str) -> Iterator[Json]:
        """The counts of a step's tests: one object, no list."""
        yield self._get(self._tests(repository_uuid, pipeline_uuid, step_uuid))

    def test_cases(self, repository_uuid: str, pipeline_uuid: str, step_uuid: str) -> Iterator[Json]:
        return self._linked(f"{self._tests(repository_uuid, pipeline_uuid, step_uuid)}/test_cases?pagelen=100")

    def of_commit(self, repository_uuid: str, commit_hash: str, what: str) -> Iterator[Json]:
        """Statuses or reports."""
        return self._linked(f"{self._repository(repository_uuid)}/commit/{commit_hash}/{what}?pagelen=100")

    def annotations(self, repository_uuid: str, commit_hash: str, report_uuid: str) -> Iterator[Json]:
        report = f"commit/{commit_hash}/reports/{quote(report_uuid)}"
        return self._linked(f"{self._repository(repository_uuid)}/{report}/annotations?pagelen=100")

    def listed(self, repository_uuid: str, what: str) -> Iterator[Json]:
        """All of a list right below the repository, by its path."""
        return self._linked(f"{self._repository(repository_uuid)}/{what}?pagelen=100")

    def _repository(self, uuid: str) -> str:
        return f"{self._base_url}/repositories/{self._workspace}/{quote(uuid)}"

    def _pull_request(self, repository_uuid: str, pull_request_id: int) -> str:
        return f"{self._repository(repository_uuid)}/pullrequests/{pull_request_id}"

    def _tests(self, repository_uuid: str, pipeline_uuid: str, step_uuid: str) -> str:
        step = f"pipelines/{quote(pipeline_uuid)}/steps/{quote(step_uuid)}"
        return f"{self._repository(repository_uuid)}/{step}/test_reports"

    def _linked(self, url: str | None) -> Iterator[Json]:
        while url is not None:
            page = self._get(url)
            yield from page["values"]
            url = page.get("next")

    def _get(self, url: str) -> Json:
        answer = self._session.get(url)
        answer.raise_for_status()
        self.now = parsedate_to_datetime(answer.headers["Date"])
        body: Json = answer.json()
        return body
