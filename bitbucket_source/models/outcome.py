"""What became of a build: dbt's results and exceptions in words a person can act on."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dbt.artifacts.schemas.results import NodeResult

_RELATIONS = ("model", "seed", "snapshot")
_BROKEN = ("error", "runtime error", "partial success")
_ADVICE = (
    (r"Could not set lock on file", "Another program has the DuckDB file open: close it and build again."),
    (
        r"different configuration than existing connections|already attached",
        "This process has the DuckDB file open: close that connection and build again.",
    ),
    (
        r"could not connect|connection to server|[Cc]onnection refused|password authentication",
        "Check the connection string and that the server is up.",
    ),
    (r"No space left on device", "Make room for the database and build again."),
    (
        r"bitbucket__\w+\"? does not exist",
        "What a model takes from has to be built, too: select it as +NAME, with all that is before it.",
    ),
    (r"permission denied", "Grant the user the right to create schemas and tables, and to read the raw schema."),
)
_DEFAULT_ADVICE = "Correct the file named above and build again; `verbose=True` shows dbt's own output."
_NOISE = re.compile(r"^\s*(compiled code at .*|See test failures:.*|> (in|called by) .*|)$")
_STACK = re.compile(r"^\s*(at \S+\(.*\)|\.\.\. \d+ more)$")


@dataclass(frozen=True)
class Failure:
    """A model that could not be built, or a test that found something."""

    name: str
    kind: str
    """dbt's resource type: model, seed, test, unit_test"""
    path: str
    """file within the dbt project"""
    message: str

    def __str__(self) -> str:
        """Name, file and cause, the cause indented."""
        cause = "\n".join(f"    {line}" for line in self.message.splitlines())
        return f"{self.kind} {self.name} ({self.path})\n{cause}"


@dataclass(frozen=True)
class ModelsResult:
    """What a build did. Models and seeds are all built; tests may have failed."""

    built: tuple[str, ...]
    """models and seeds built, by name"""
    tests_passed: int
    warnings: tuple[Failure, ...]
    failed: tuple[Failure, ...]
    skipped: tuple[str, ...]
    """what was not tried because something it depends on failed"""
    seconds: float

    @property
    def is_ok(self) -> bool:
        """Whether everything selected was built and every test passed."""
        return not self.failed and not self.skipped

    def __str__(self) -> str:
        """One line of counts, then every failure and warning."""
        counts = f"{len(self.built)} built, {self.tests_passed} tests passed, {len(self.failed)} failed"
        skipped = f", {len(self.skipped)} skipped" if self.skipped else ""
        return "\n".join([f"{counts}{skipped} in {self.seconds:.1f} s", *map(str, (*self.failed, *self.warnings))])


class ModelsError(Exception):
    """The models could not be built: the message says what failed, why, and what to do next."""

    def __init__(self, what: str, why: str = "", result: ModelsResult | None = None) -> None:
        """Keep the result as far as there is one: what was built before the failure stays built."""
        super().__init__("\n".join(filter(None, (what, why, _advice(why)))))
        self.result = result


def _advice(cause: str) -> str:
    if not cause:
        return ""
    return next((advice for pattern, advice in _ADVICE if re.search(pattern, cause)), _DEFAULT_ADVICE)


def error_of(exception: BaseException, project: Path) -> ModelsError:
    """The error for what kept dbt from running at all: an unreadable project, an unreachable warehouse."""
    return ModelsError(f"dbt could not run the models in {project}:", _cleaned(str(exception)))


def result_of(results: Iterable[NodeResult], seconds: float) -> ModelsResult:
    """dbt's results, sorted by what they mean.

    Raises:
        ModelsError: a model or a seed could not be built.
    """
    nodes = [(result, str(result.status), str(result.node.resource_type)) for result in results]
    failures = [(_failure(result), status) for result, status, _ in nodes]
    result = ModelsResult(
        built=tuple(r.node.name for r, status, kind in nodes if status == "success" and kind in _RELATIONS),
        tests_passed=sum(status == "pass" for _, status, _ in nodes),
        warnings=tuple(failure for failure, status in failures if status == "warn"),
        failed=tuple(failure for failure, status in failures if status in ("fail", *_BROKEN)),
        skipped=tuple(r.node.name for r, status, _ in nodes if status == "skipped"),
        seconds=seconds,
    )
    broken = [failure for failure in result.failed if failure.kind in _RELATIONS]
    if broken:
        number = "1 model" if len(broken) == 1 else f"{len(broken)} models"
        skipped = f" ({len(result.skipped)} that depend on it were skipped)" if result.skipped else ""
        raise ModelsError(f"{number} could not be built{skipped}:", "\n".join(map(str, broken)), result)
    return result


def _failure(result: NodeResult) -> Failure:
    node = result.node
    return Failure(node.name, str(node.resource_type), node.original_file_path, _cleaned(result.message or ""))


def _cleaned(message: str) -> str:
    """A message without what helps nobody: paths into the deleted target directory, a JVM's stack, colours, indent."""
    return "\n".join(_useful_lines(re.sub(r"\x1b\[[0-9;]*m", "", message)))


def _useful_lines(message: str) -> Iterator[str]:
    return (line.strip() for line in message.splitlines() if not (_NOISE.match(line) or _STACK.match(line)))
