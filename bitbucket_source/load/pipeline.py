"""The dlt pipeline a workspace is loaded with, and where it loads to."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import Any

import dlt
from dlt.common.configuration.inject import with_config
from dlt.common.pipeline import get_dlt_pipelines_dir

DEFAULT_DATABASE = "bitbucket.duckdb"
DEFAULT_DATASET = "bitbucket_raw"
_NO_COPIES = "load.delete_completed_jobs"
"""dlt's setting: keep no file of rows that are loaded"""
_FOLDER = "bitbucket_source"
"""beside dlt's own pipelines"""


class DestinationError(ValueError):
    """The destination cannot be used as asked. `str()` says why."""


def make_pipeline(
    workspace: str,
    *,
    destination: str = "duckdb",
    database: str = DEFAULT_DATABASE,
    dataset: str = DEFAULT_DATASET,
    pipelines_dir: str | None = None,
) -> dlt.Pipeline:
    """The pipeline `bitbucket_<workspace>`.

    `destination` is any of dlt's, with its credentials where dlt looks for them; `database` is the file of DuckDB,
    relative to the directory that somebody stands in. Without `pipelines_dir` each warehouse has a working directory
    of its own. Raises DestinationError where `database` cannot be a file, where the two names of DuckDB collide, and
    where that directory cannot be made.
    """
    name = "bitbucket_" + re.sub(r"\W+", "_", workspace.strip("{}")).lower()
    if destination == "duckdb":
        _refuse_what_is_no_file(database)
        if Path(database).stem == dataset:
            raise DestinationError(
                f"DuckDB refuses a dataset called like its file: {dataset}. Choose another --dataset."
            )
        # dlt would take a relative path from the directory of the pipeline's first run
        target: Any = dlt.destinations.duckdb(str(Path(database).absolute()))
        place = str(Path(database).resolve())
    else:
        target = destination
        # of which depends what dlt's configuration says of the destination
        place = str(Path.cwd())
    if dlt.config.get(_NO_COPIES) is None:
        # what is forgotten in the warehouse must not lie about in files
        dlt.config[f"{name}.{_NO_COPIES}"] = True
    own = pipelines_dir or _working_directory_of(destination, place, dataset, workspace.lower())
    try:
        return dlt.pipeline(name, destination=target, dataset_name=dataset, pipelines_dir=own)
    except OSError as error:
        raise DestinationError(
            f"What is read cannot be kept in {own} until it is loaded: {error.strerror}. "
            "Let DLT_DATA_DIR name a directory that can be written to."
        ) from None


def _refuse_what_is_no_file(database: str) -> None:
    if re.match(r"\w+://|(md|motherduck):|:memory:", database):
        # not shown: it may hold a password
        raise DestinationError(
            "--database takes the path of a file of DuckDB's, and this is none. Another database is named with "
            "--destination, and its credentials go into .dlt/secrets.toml."
        )
    if Path(database).is_dir():
        raise DestinationError(
            f"The database {database} is a directory: name a file in it, as in {Path(database) / DEFAULT_DATABASE}."
        )


def _working_directory_of(*destination_and_workspace: str) -> str:
    """The directory for the pipeline of one workspace into one warehouse.

    What one sync reads lies there until it is loaded: a sync into another warehouse would load it there.
    """
    digest = hashlib.sha256("\n".join(destination_and_workspace).encode(errors="surrogateescape")).hexdigest()
    return str(data_directory() / digest[:16])


def data_directory() -> Path:
    """Where working directories are, and locks of destinations that have none."""
    return Path(get_dlt_pipelines_dir()).with_name(_FOLDER)


configured_pipeline = with_config(make_pipeline, sections=("sources", "bitbucket"), include_defaults=True)
"""`make_pipeline` with what is not given taken from dlt's configuration."""


def refuse_what_is_no_database(pipeline: dlt.Pipeline) -> None:
    """Raise DestinationError for a destination whose rows no SQL changes, as files: marks and books take it."""
    from dlt.destinations.job_client_impl import SqlJobClientBase

    try:
        # not made: that would ask for credentials first
        kind = pipeline.destination.client_class
    except ImportError:
        kind = type(pipeline.destination_client())
    if not issubclass(kind, SqlJobClientBase):
        raise DestinationError(
            f"{pipeline.destination.destination_name} is no database with SQL, which a sync needs to change rows: "
            "choose duckdb, postgres, bigquery, snowflake ..."
        )


def kind_of(pipeline: dlt.Pipeline) -> str:
    """The kind of destination, as in `postgres`, whatever the configuration calls it; '' where there is none."""
    destination = pipeline.destination
    return destination.destination_type.rpartition(".")[2] if destination is not None else ""


def database_file(pipeline: dlt.Pipeline) -> Path | None:
    """DuckDB's file, which may not be there yet; None for another destination."""
    if kind_of(pipeline) != "duckdb":
        return None
    # not entered: that would make the file where there is none
    credentials: Any = pipeline.destination_client().config.credentials
    return Path(str(credentials.database))


def require_file(pipeline: dlt.Pipeline, workspace: str = "") -> None:
    """Raises DestinationError where DuckDB's file is not there: opening it would make one."""
    file = database_file(pipeline)
    if file is not None and not file.exists():
        sync = " ".join(("bitbucket-source sync", workspace)).rstrip()
        raise DestinationError(
            f"There is no database {file}: `{sync}` makes it. If it lies elsewhere, name it with --database."
        )


def require_dataset(pipeline: dlt.Pipeline) -> None:
    """Raises DestinationError where the file or the dataset is not there: models built over nothing hold nothing."""
    require_file(pipeline)
    client: Any = pipeline.sql_client()
    with client as opened:
        if not opened.has_dataset():
            raise DestinationError(
                f"There is no dataset {pipeline.dataset_name} to build the models over. "
                "If the tables were loaded into another, name it with --dataset."
            )


def warehouse_of(pipeline: dlt.Pipeline) -> str:
    """Where the models find the tables: DuckDB's file, or Postgres' connection string.

    Raises DestinationError for a destination the models do not run on.
    """
    if (file := database_file(pipeline)) is not None:
        return str(file)
    if kind_of(pipeline) != "postgres":
        name = pipeline.destination.destination_name
        raise DestinationError(
            f"The models run by themselves on duckdb and postgres. For {name}, use sql/ as a dbt project."
        )
    credentials: Any = pipeline.destination_client().config.credentials
    return str(credentials.to_native_representation())
