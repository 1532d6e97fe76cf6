"""Every definition is guarded: broken, some unit test of its model fails."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, cast

import pytest
from dbt.cli.main import dbtRunner

from bitbucket_source.models import build as build_module
from bitbucket_source.models import build_models
from bitbucket_source.models.build import dbt_arguments
from bitbucket_source.models.project import project_directory

from .mutations import OF_PULL_REQUESTS, Mutation
from .mutations_of_delivery import OF_DELIVERY
from .raw_tables import DuckDBWarehouse
from .small_world import SMALL_WORLD

if TYPE_CHECKING:
    from dbt.artifacts.schemas.run import RunExecutionResult

MUTATIONS = (*OF_PULL_REQUESTS, *OF_DELIVERY)
VARIABLES = {"bitbucket_raw_schema": "bitbucket_raw", "bitbucket_schema": "bitbucket_marts"}


@pytest.fixture(scope="module")
def failed(tmp_path_factory: pytest.TempPathFactory) -> dict[Mutation, set[str]]:
    """The unit tests that fail after each mutation.

    A unit test brings the rows of all models but its own: mutations of several models are tried in one run of dbt.
    """
    directory = tmp_path_factory.mktemp("mutations")
    project = directory / "sql"
    shutil.copytree(project_directory(), project)
    warehouse = DuckDBWarehouse(directory / "bitbucket.duckdb")
    warehouse.load(SMALL_WORLD)
    build_models(warehouse.address)
    found: dict[Mutation, set[str]] = {}
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(build_module, "project_directory", lambda: project)
        for together in _rounds():
            found |= _failing(together, project, warehouse.address)
    return found


def _rounds() -> Iterator[list[Mutation]]:
    """All mutations, in groups with at most one of a model."""
    left = list(MUTATIONS)
    while left:
        together = list({mutation.model: mutation for mutation in reversed(left)}.values())
        left = [mutation for mutation in left if mutation not in together]
        yield together


def _failing(mutations: list[Mutation], project: Path, database: Path) -> dict[Mutation, set[str]]:
    originals = {mutation: next(project.glob(f"models/**/{mutation.model}.sql")) for mutation in mutations}
    texts = {mutation: file.read_text() for mutation, file in originals.items()}
    for mutation, text in texts.items():
        assert mutation.before in text, f"{mutation.model} has changed: write anew {mutation.definition!r}"
        originals[mutation].write_text(text.replace(mutation.before, mutation.after))
    try:
        with dbt_arguments(database) as common:
            selection = ["test", "--select", "test_type:unit", "--vars", json.dumps(VARIABLES)]
            outcome = dbtRunner().invoke([*selection, *common])
    finally:
        for mutation, text in texts.items():
            originals[mutation].write_text(text)
    assert outcome.exception is None, outcome.exception
    results = [
        (result.node.unique_id.split(".")[2], result.node.name, str(result.status))
        for result in cast("RunExecutionResult", outcome.result).results
    ]
    broken = [name for _, name, status in results if status == "error"]
    assert not broken, f"not a definition but the SQL is broken: {broken}"
    return {
        mutation: {name for model, name, status in results if model == mutation.model and status == "fail"}
        for mutation in mutations
    }


@pytest.mark.long
@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.definition)
def test_a_broken_definition_is_noticed(
    mutation: Mutation, failed: dict[Mutation, set[str]], record_property: Callable[[str, object], None]
) -> None:
    assert failed[mutation], f"no unit test of {mutation.model} notices it"
    record_property("figures", {"definitions that a unit test guards": 1})
    print(f"{mutation.definition}: {', '.join(sorted(failed[mutation]))}")
