"""It is an ordinary dlt source: what dlt's users know works as they expect."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import dlt
import pyarrow as pa
import pytest
from dlt.sources import DltSource

from bitbucket_emulator import Emulator
from bitbucket_source import bitbucket_source
from bitbucket_source.session import SettingsError
from bitbucket_source.tables import DATA_TABLES, TABLES
from tests.source.conftest import ADMIN


@pytest.fixture
def source(bitbucket: Emulator) -> Callable[..., DltSource]:
    def make(**settings: Any) -> DltSource:
        return bitbucket_source("acme", **{"credentials": ADMIN, "base_url": bitbucket.base_url, **settings})

    return make


DEFAULT = [table for table in DATA_TABLES if table.default]
"""What is loaded unless somebody names tables."""


@pytest.fixture
def pipeline(tmp_path: Path) -> dlt.Pipeline:
    return dlt.pipeline(
        "plain",
        pipelines_dir=str(tmp_path / "pipelines"),
        destination=dlt.destinations.duckdb(str(tmp_path / "plain.duckdb")),
        dataset_name="raw",
    )


def test_naming_the_source_does_not_import_arrow() -> None:
    check = "import sys; from bitbucket_source import bitbucket_source; sys.exit('pyarrow' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", check], check=False).returncode == 0


def counts(pipeline: dlt.Pipeline) -> dict[str, int]:
    with pipeline.sql_client() as client:
        found = {}
        for table in DEFAULT:
            answer = client.execute_sql(f"select count(*) from {client.make_qualified_table_name(table.name)}")
            assert answer is not None
            found[table.name] = int(answer[0][0])
        return found


def test_every_table_is_a_resource_of_its_name(source: Callable[..., DltSource]) -> None:
    assert list(source().resources) == [table.name for table in DEFAULT]
    assert all(resource.write_disposition["disposition"] == "merge" for resource in source().resources.values())  # type: ignore[index]


def test_a_plain_run_loads_everything_and_a_second_one_only_what_is_new(
    bitbucket: Emulator, source: Callable[..., DltSource], pipeline: dlt.Pipeline
) -> None:
    pipeline.run(source())
    first = counts(pipeline)
    bitbucket.clear_requests()
    pipeline.run(source())

    assert counts(pipeline) == first
    assert first["pull_requests"] == sum(len(each.pull_requests) for each in bitbucket.world.repositories.values())
    assert not [entry.path for entry in bitbucket.requests if entry.path.endswith("/commits")]


def test_selected_resources_alone_are_read_and_loaded(
    bitbucket: Emulator, source: Callable[..., DltSource], pipeline: dlt.Pipeline
) -> None:
    pipeline.run(source().with_resources("pull_requests"))

    below = {entry.path.rsplit("}", 1)[-1] for entry in bitbucket.requests if "}" in entry.path}
    assert below == {"/pullrequests"}
    assert set(pipeline.default_schema.data_table_names()) == {"pull_requests", "sync_cursors"}


def test_a_limited_resource_ends_early_and_is_not_taken_for_read(
    source: Callable[..., DltSource], pipeline: dlt.Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bitbucket_source.load.outlet.ROWS_PER_ARROW_TABLE", 20)
    limited = source()
    limited.pull_requests.add_limit(2)
    pipeline.run(limited.with_resources("pull_requests"))
    some = pipeline.dataset().pull_requests.df()
    pipeline.run(source().with_resources("pull_requests"))

    assert some is not None
    everything = pipeline.dataset().pull_requests.df()
    assert everything is not None
    assert 0 < len(some) < len(everything)


def test_hints_and_maps_are_applied(source: Callable[..., DltSource], pipeline: dlt.Pipeline) -> None:
    # the last table also hands out those of the cursors
    loud = source(tables=["projects", "users"])
    loud.projects.add_map(
        lambda table: table.set_column(4, "name", pa.array([n.upper() for n in table["name"].to_pylist()]))
    )
    loud.projects.apply_hints(write_disposition="replace", table_name="areas")
    pipeline.run(loud)

    assert pipeline.default_schema.tables["areas"]["write_disposition"] == "replace"
    names = pipeline.dataset()["areas"].df()
    assert names is not None
    assert set(names["name"]) == {"PAYMENTS", "SHOP", "PLATFORM"}


def test_hints_for_a_column_go_before_the_declared_ones(
    source: Callable[..., DltSource], pipeline: dlt.Pipeline
) -> None:
    told = source(tables=["projects"])
    told.projects.apply_hints(columns={"name": {"data_type": "text", "description": "What we call it", "x-pii": True}})  # type: ignore[typeddict-unknown-key]
    pipeline.run(told)
    columns = pipeline.default_schema.tables["projects"]["columns"]
    assert (columns["name"]["description"], columns["name"]["x-pii"]) == ("What we call it", True)  # type: ignore[typeddict-item]
    assert columns["key"]["description"] == TABLES["projects"].columns_by_name["key"].description


def test_parallelized_resources_load_the_same(source: Callable[..., DltSource], pipeline: dlt.Pipeline) -> None:
    together = source()
    for resource in together.resources.values():
        resource.parallelize()
    pipeline.run(together)
    parallel = counts(pipeline)

    assert parallel["pipeline_steps"] > 0
    assert parallel["commits"] > 0


def test_rows_can_be_looked_at_without_a_pipeline(source: Callable[..., DltSource]) -> None:
    tables = list(source(tables=["repositories"]))

    assert {row["slug"] for table in tables for row in table.to_pylist()} >= {"platform"}


def test_settings_come_from_dlts_configuration(
    bitbucket: Emulator, pipeline: dlt.Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOURCES__BITBUCKET__WORKSPACE", "acme")
    monkeypatch.setenv("SOURCES__BITBUCKET__BASE_URL", bitbucket.base_url)
    monkeypatch.setenv("SOURCES__BITBUCKET__CREDENTIALS__ACCESS_TOKEN", "emulator-workspace-token")
    monkeypatch.setenv("SOURCES__BITBUCKET__REPOSITORIES", '["PLAT*"]')
    pipeline.run(bitbucket_source().with_resources("repositories"))

    frame = pipeline.dataset().repositories.df()
    assert frame is not None
    assert list(frame["slug"]) == ["platform"]
    assert {entry.credential for entry in bitbucket.requests} == {"workspace"}


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"tables": "tags"}, "tables is 'tags': it is a list, as in ['tags']."),
        ({"repositories": "plat*"}, "repositories is 'plat*': it is a list, as in ['plat*']."),
        ({"exclude": "*-archive"}, "exclude is '*-archive': it is a list, as in ['*-archive']."),
        ({"projects": "PAY"}, "projects is 'PAY': it is a list, as in ['PAY']."),
        ({"raw": "tags"}, "raw is 'tags': it is a list, as in ['tags']."),
        ({"extra_columns": {"tags": "links.self.href"}}, "extra_columns is 'links.self.href': it is a list, as in "),
    ],
)
def test_a_text_is_no_list_of_its_letters(source: Callable[..., DltSource], settings: Any, told: str) -> None:
    with pytest.raises(SettingsError) as refused:
        source(**settings)
    assert str(refused.value).startswith(told)


def test_no_secret_reaches_the_working_directory_or_the_warehouse(
    bitbucket: Emulator, pipeline: dlt.Pipeline, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOURCES__BITBUCKET__CREDENTIALS__ACCESS_TOKEN", "emulator-workspace-token")
    pipeline.run(bitbucket_source("acme", base_url=bitbucket.base_url))

    assert [path for path in files(tmp_path) if b"emulator-workspace-token" in path.read_bytes()] == []


def files(directory: Path) -> Iterator[Path]:
    return (Path(folder) / name for folder, _, names in os.walk(directory) for name in names)


def test_a_table_without_rows_exists_with_all_its_columns(
    bitbucket: Emulator, source: Callable[..., DltSource], pipeline: dlt.Pipeline
) -> None:
    pipeline.run(source(repositories=["no-such-repository"]))

    assert counts(pipeline)["pipelines"] == 0
    with pipeline.sql_client() as client, client.execute_query("select * from pipelines") as result:
        names = [column[0] for column in result.description]
    pipelines = next(table for table in DATA_TABLES if table.name == "pipelines")
    assert names == [*pipelines.columns_by_name, "_dlt_load_id"]
    bitbucket.clear_requests()
    pipeline.run(source(repositories=["no-such-repository"]))
    assert counts(pipeline)["pipelines"] == 0
