"""Run `dbt build` on the project in `sql/`, in this process; what stays is what dbt made of the project's files."""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from bitbucket_source.garbage import seldom_collected
from bitbucket_source.models.outcome import ModelsError, ModelsResult, error_of, result_of
from bitbucket_source.models.parsed import parsed_project
from bitbucket_source.models.profile import PROFILE, adapter_of, profile
from bitbucket_source.models.project import project_directory

if TYPE_CHECKING:
    from dbt.artifacts.schemas.run import RunExecutionResult

_THREADS = 4 if sys.version_info >= (3, 12, 2) else 1
"""Before, Python's parser fails now and then where two threads are in it ("AST constructor recursion depth mismatch",
cpython 106905), and dbt's threads are"""
_EXTRA = {"duckdb": "models", "postgres": "postgres", "spark": "spark"}


def build_models(
    warehouse: str | Path,
    *,
    raw_schema: str = "bitbucket_raw",
    marts_schema: str = "bitbucket_marts",
    select: Sequence[str] = (),
    exclude: Sequence[str] = (),
    variables: Mapping[str, object] | None = None,
    full_refresh: bool = False,
    unit_tests: bool = False,
    threads: int = _THREADS,
    verbose: bool = False,
) -> ModelsResult:
    """Build the models in a warehouse that `sync` has loaded, and test them.

    Args:
        warehouse: a DuckDB file, a Postgres connection string (`postgresql://...`), or `spark://session`, the Spark
            session of this process.
        raw_schema: the schema that `sync` loads into.
        marts_schema: the schema the models are made in; created where it is missing.
        select: dbt selectors (`fct_pull_requests` is `bitbucket__fct_pull_requests`); all where none is given.
        exclude: dbt selectors of what to leave out.
        variables: dbt variables, such as `as_of` or `reporting_timezone`.
        full_refresh: make incremental models anew.
        unit_tests: also run the unit tests, which check the SQL and not the data.
        threads: how many models are built at a time: 4, and 1 on Python before 3.12.2, whose parser is not safe there.
        verbose: show dbt's own output on stdout.

    Returns:
        What was built, which tests passed and which failed.

    Raises:
        ModelsError: dbt is not installed or could not run, the DuckDB file is not there, nothing matches the selection,
            or a model could not be built.
    """
    adapter = adapter_of(warehouse)
    _require_dbt(adapter)
    if adapter == "duckdb" and not Path(warehouse).is_file():
        raise ModelsError(f"There is no DuckDB file {warehouse}: `bitbucket-source sync` makes it")
    schemas = {"bitbucket_raw_schema": raw_schema, "bitbucket_schema": marts_schema}
    arguments = [
        "build",
        *_option("--select", select),
        *_option("--exclude", exclude),
        *([] if unit_tests else ["--exclude-resource-type", "unit_test"]),
        *(["--full-refresh"] if full_refresh else []),
        # what dbt would write is deleted with its directory
        "--no-write-json",
        # a test that compares models runs only where all of them are built
        *("--indirect-selection", "cautious"),
        *("--vars", json.dumps({**(variables or {}), **schemas})),
    ]
    with dbt_arguments(warehouse, marts_schema=marts_schema, threads=threads, verbose=verbose) as common:
        try:
            result = _invoke([*arguments, *common])
        finally:
            if adapter == "duckdb":
                _close_file()
    if not (result.built or result.tests_passed or result.failed):
        raise ModelsError(
            f"No model matches the selection {' '.join(select)!r}: "
            "names begin with stg_bitbucket__, int_bitbucket__ or, as in bitbucket__fct_pull_requests, bitbucket__"
        )
    return result


def _require_dbt(adapter: str) -> None:
    try:
        metadata.version("dbt-core")
        metadata.version(f"dbt-{adapter}")
    except metadata.PackageNotFoundError as missing:
        raise ModelsError(
            f"The models need {missing.name}, which is not installed: pip install 'bitbucket-source[{_EXTRA[adapter]}]'"
        ) from missing


def _option(name: str, values: Sequence[str]) -> list[str]:
    return [name, *values] if values else []


@contextmanager
def dbt_arguments(
    warehouse: str | Path, *, marts_schema: str = "bitbucket_marts", threads: int = _THREADS, verbose: bool = False
) -> Iterator[list[str]]:
    """The arguments that make any dbt command work on the project in `sql/` and on this warehouse.

    Profile, target and logs are in a temporary directory that only this user can read, and that is gone afterwards;
    what dbt made of the project's files is kept (`parsed.py`).
    """
    with tempfile.TemporaryDirectory(prefix="bitbucket-source-") as directory:
        (Path(directory) / "profiles.yml").write_text(
            profile(warehouse, marts_schema=marts_schema, threads=threads), encoding="utf-8"
        )
        project, target = project_directory(), Path(directory) / "target"
        with parsed_project(project, adapter_of(warehouse), target) as parsed:
            yield [
                *("--project-dir", str(project)),
                *("--profiles-dir", directory, "--profile", PROFILE, "--target", PROFILE),
                *("--target-path", str(target), "--log-path", f"{directory}/logs"),
                *("--log-level", "info" if verbose else "none", "--log-level-file", "none"),
                *("--no-send-anonymous-usage-stats", "--no-version-check", "--no-use-colors"),
                *parsed,
            ]


def _invoke(arguments: list[str]) -> ModelsResult:
    # dbt takes a second to import and is an extra: only those who build pay for it
    from dbt.cli.main import dbtRunner

    started = time.monotonic()
    with seldom_collected():
        outcome = dbtRunner().invoke(arguments)
    if isinstance(outcome.exception, KeyboardInterrupt):
        raise outcome.exception
    if outcome.exception is not None:
        raise error_of(outcome.exception, project_directory()) from outcome.exception
    return result_of(cast("RunExecutionResult", outcome.result).results, time.monotonic() - started)


def _close_file() -> None:
    """Let other programs have the DuckDB file, which dbt keeps open for its next run in this process."""
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager

    # it has no types
    manager: Any = DuckDBConnectionManager
    if manager._ENV is not None:
        manager._ENV.close()
    manager.close_all_connections()
