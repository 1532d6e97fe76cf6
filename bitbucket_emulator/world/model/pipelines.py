"""Pipelines, their steps, environments and deployments."""

from __future__ import annotations

from dataclasses import dataclass, field

FINAL_RESULTS = ("SUCCESSFUL", "FAILED", "ERROR", "STOPPED", "EXPIRED")


@dataclass(slots=True)
class PipelineTarget:
    """What a pipeline runs on.

    `kind` is ref, pullrequest or commit. A ref has `ref_type` (branch, tag) and `ref_name`; a pull request has
    `pull_request`, `source`, `destination` and `destination_commit`. `selector_type` is default, branches, tags,
    custom or pull-requests.
    """

    kind: str
    commit: str  # hash
    selector_type: str = "default"
    selector_pattern: str | None = None
    ref_type: str | None = None
    ref_name: str | None = None
    pull_request: int | None = None
    source: str | None = None
    destination: str | None = None
    destination_commit: str | None = None


@dataclass(slots=True)
class TestCase:
    """One test of a step's report; `status` PASSED, FAILED, ERROR or SKIPPED; `duration` in microseconds."""

    __test__ = False  # it is no test of pytest's

    uuid: str
    name: str
    package_name: str
    status: str
    duration: int
    message: str | None = None
    stack_trace: str | None = None


@dataclass(slots=True)
class Step:
    """A step; `name` is empty where the configuration gives none.

    `state` PENDING, READY, IN_PROGRESS or COMPLETED; a manual one waits as PENDING with stage PAUSED. `result` is
    SUCCESSFUL, FAILED, ERROR, STOPPED, EXPIRED or NOT_RUN; `trigger` automatic, manual or redeploy; a step run again
    keeps its row and counts `run_number` (FACTS 5). `max_time` in minutes. `parallel_group` numbers steps that start
    together. `tests` is None where the step has no report.
    """

    uuid: str
    name: str
    trigger: str = "automatic"
    state: str = "PENDING"
    stage: str | None = None
    result: str | None = None
    image: str = "atlassian/default-image:4"
    max_time: int = 120
    script: tuple[str, ...] = ()
    started_on: int | None = None
    completed_on: int | None = None
    run_number: int = 1
    build_seconds_used: int = 0
    environment: str | None = None  # uuid
    parallel_group: int | None = None
    size: int = 1  # 2 means "2x": build seconds count double
    tests: list[TestCase] | None = None


@dataclass(slots=True)
class Pipeline:
    """A run. `state` PARSING, PENDING, IN_PROGRESS or COMPLETED; `stage` RUNNING, PAUSED, HALTED while in progress.

    `parsed`: its configuration was read; before, it has neither steps nor a selector (FACTS 5). `error` is why it could
    not be read, None where it was or where nobody has tried yet.
    """

    uuid: str
    repository: str  # uuid
    build_number: int
    creator: str | None  # user uuid, None for a schedule
    created_on: int
    target: PipelineTarget
    trigger: str = "PUSH"  # PUSH, MANUAL, SCHEDULED or PARENT_STEP
    state: str = "PENDING"
    stage: str | None = "PENDING"
    result: str | None = None
    completed_on: int | None = None
    build_seconds_used: int = 0
    run_number: int = 1
    first_successful: bool = False
    variables: tuple[tuple[str, str, bool], ...] = ()  # (key, value, secured)
    labels: tuple[tuple[str, str], ...] = ()
    steps: list[Step] = field(default_factory=list)
    parsed: bool = True
    error: str | None = None

    @property
    def expired(self) -> bool:
        """Whether nobody came in time."""
        return self.result == "EXPIRED"

    @property
    def duration_in_seconds(self) -> int:
        """Seconds during which steps ran, parallel ones counted once and waiting for a button not at all."""
        spans = sorted((s.started_on, s.completed_on) for s in self.steps if s.started_on and s.completed_on)
        total, reached = 0, 0
        for start, end in spans:
            total += max(0, end - max(start, reached))
            reached = max(reached, end)
        return total // 1_000_000


@dataclass(slots=True)
class Schedule:
    """A pipeline schedule; `cron_pattern` has the seven fields of quartz."""

    uuid: str
    cron_pattern: str
    ref_name: str
    selector_type: str
    selector_pattern: str | None
    created_on: int
    updated_on: int
    enabled: bool = True


@dataclass(slots=True)
class Environment:
    """A deployment environment; `type` is Test, Staging or Production."""

    uuid: str
    name: str
    slug: str
    type: str
    rank: int
    hidden: bool = False
    admin_only: bool = False


@dataclass(slots=True)
class Deployment:
    """The one deployment of a pipeline to an environment: a redeploy overwrites its times (FACTS 5).

    `state` UNDEPLOYED, IN_PROGRESS or COMPLETED; `status` SUCCESSFUL, FAILED or STOPPED once completed; `number` counts
    within the environment.
    """

    uuid: str
    environment: str  # uuid
    pipeline: str  # uuid
    step: str  # uuid
    commit: str  # hash
    number: int
    release_name: str  # "#186"
    release_created_on: int
    last_update_time: int
    state: str = "UNDEPLOYED"
    status: str | None = None
    started_on: int | None = None
    completed_on: int | None = None
    deployer: str | None = None  # user uuid
