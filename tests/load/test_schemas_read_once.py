"""A pipeline's schema is read from its file again where that has changed, and only there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from unittest.mock import patch

import dlt
import pytest
from dlt.common.schema.utils import new_table
from dlt.common.storages.schema_storage import SchemaStorage

from bitbucket_source.load.pipeline import make_pipeline
from bitbucket_source.load.workarounds import prepare_destination


@pytest.fixture
def read() -> Iterator[list[str]]:
    """The names of the schemas that were read from files so far."""
    names: list[str] = []
    from_file = SchemaStorage.load_schema

    def load_schema(self: SchemaStorage, name: str) -> dlt.Schema:
        names.append(name)
        return from_file(self, name)

    with patch.object(SchemaStorage, "load_schema", load_schema):
        yield names


def pipeline_in(directory: Path) -> dlt.Pipeline:
    made = make_pipeline("acme", database=str(directory / "b.duckdb"), pipelines_dir=str(directory / "pipelines"))
    prepare_destination(made)
    return made


@pytest.fixture
def pipeline(tmp_path: Path) -> dlt.Pipeline:
    made = pipeline_in(tmp_path)
    made.run([{"id": 1}], table_name="first")
    return made


def test_it_is_read_once(pipeline: dlt.Pipeline, read: list[str]) -> None:
    schema = pipeline.default_schema
    del read[:]
    assert pipeline.default_schema is schema
    assert "first" in schema.tables
    assert read == []


def test_what_another_process_wrote_is_seen(pipeline: dlt.Pipeline, tmp_path: Path) -> None:
    assert "second" not in pipeline.default_schema.tables
    pipeline_in(tmp_path).run([{"id": 1}], table_name="second")
    assert "second" in pipeline.default_schema.tables


def test_what_was_not_written_is_kept_and_what_failed_is_not(pipeline: dlt.Pipeline, tmp_path: Path) -> None:
    schema = pipeline.default_schema
    schema.update_table(new_table("mine", columns=[{"name": "id", "data_type": "bigint"}]))
    assert "mine" in pipeline.default_schema.tables

    def fails() -> Iterator[dict[str, int]]:
        yield {"id": 1}
        raise ArithmeticError("on its way")

    with pytest.raises(Exception, match="on its way"):
        pipeline.run(fails(), table_name="third")
    assert pipeline.default_schema.tables.keys() == pipeline_in(tmp_path).default_schema.tables.keys()
