"""What has to be set right in dlt 1.31 so that no row is changed on its way. Each says when it can go."""

from __future__ import annotations

import logging
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

import dlt
from dlt.common.configuration import resolve
from dlt.common.configuration.providers import environ
from dlt.common.configuration.specs.base_configuration import is_secret_hint
from dlt.common.storages.live_schema_storage import LiveSchemaStorage

from bitbucket_source.load.pipeline import kind_of


class _KeepsDeclaredTypes(logging.Filter):
    """Drops dlt's warning that JSON travels in Arrow as text: that is how it is meant."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether the record is shown."""
        return "several column hints were different" not in record.getMessage()


def quiet_type_warnings() -> None:
    """Let dlt warn about everything but the types that the declarations overrule."""
    logger = logging.getLogger("dlt")
    if not any(isinstance(each, _KeepsDeclaredTypes) for each in logger.filters):
        logger.addFilter(_KeepsDeclaredTypes())


def prepare_destination(pipeline: dlt.Pipeline) -> None:
    """Set right what dlt does by default on the pipeline's destination."""
    _read_schemas_once(pipeline)
    _remember_what_is_secret()
    kind = kind_of(pipeline)
    if kind:
        _find_out_capabilities_once(pipeline.destination)
    match kind:
        case "duckdb":
            _load_into_duckdb_one_by_one(pipeline)
        case "postgres":
            _let_postgres_take_empty_files()


_Stamp = tuple[int, int, int]
"""what tells a file from the one before: inode, moment of change, size"""


class _SchemasReadOnce(LiveSchemaStorage):
    """A pipeline's schemas, read from their files again where those have changed."""

    _read: dict[str, _Stamp]
    """by name: the file that the schema in memory was equal to"""

    def __getitem__(self, name: str) -> dlt.Schema:
        """The schema of a name. Raises SchemaNotFoundError where there is none."""
        if self.config.import_schema_path:
            return super().__getitem__(name)
        there = self._file(name)
        if there is not None and name in self.live_schemas and self._read.get(name) == there:
            return self.live_schemas[name]
        schema = super().__getitem__(name)
        # one that differs from its file is on its way into it
        if there is not None and self.is_live_schema_committed(name):
            self._read[name] = there
        return schema

    def _file(self, name: str) -> _Stamp | None:
        with suppress(FileNotFoundError):
            found = Path(self.storage.make_full_path(self._file_name_in_store(name, "json"))).stat()
            return found.st_ino, found.st_mtime_ns, found.st_size
        return None


def _read_schemas_once(pipeline: dlt.Pipeline) -> None:
    """Let dlt read a schema again only where its file has changed.

    It does so each time it asks for it, fourteen times a sync: a sixth of the CPU time of one with nothing new. To be
    dropped when dlt's `LiveSchemaStorage` looks whether there is anything new.
    """
    storage = pipeline._schema_storage
    if type(storage) is LiveSchemaStorage:
        storage.__class__ = _SchemasReadOnce
        vars(storage)["_read"] = {}


def _remember_what_is_secret() -> None:
    """Let dlt find out once for each type whether it is that of a secret.

    It takes the type apart for every setting that it looks up in every place, thousands of times a sync: a sixth of the
    CPU time of one with nothing new. To be dropped when dlt's `is_secret_hint` keeps its answers.
    """
    for module in (environ, resolve):
        names = vars(module)
        if names["is_secret_hint"] is is_secret_hint:
            names["is_secret_hint"] = _is_known_as_secret


_find_out = cache(is_secret_hint)


def _is_known_as_secret(hint: Any) -> bool:
    try:
        return _find_out(hint)
    except TypeError:  # annotated with what has no hash
        return is_secret_hint(hint)


def _find_out_capabilities_once(destination: Any) -> None:
    """Keep the part of a destination's configuration from which dlt tells what the destination can do.

    dlt looks it up in all its sources each time it asks, thirty times a sync: an eighth of the CPU time of one with
    nothing new. To be dropped when dlt's `Destination.capabilities` keeps it.
    """
    if "configuration" in vars(destination):
        return
    look_up = destination.configuration
    kept: list[Any] = []

    def configuration(initial_config: Any, accept_partial: bool = False) -> Any:
        if not accept_partial:
            return look_up(initial_config)
        if not kept:
            kept.append(look_up(initial_config, accept_partial=True))
        return kept[0]

    destination.configuration = configuration


def _load_into_duckdb_one_by_one(pipeline: dlt.Pipeline) -> None:
    """DuckDB has one writer: several merges at once take half as much memory again and no less time (benchmarks)."""
    if dlt.config.get("load.workers") is None:
        dlt.config[f"{pipeline.pipeline_name}.load.workers"] = 1


def _let_postgres_take_empty_files() -> None:
    """dlt's copy job fails on Parquet files without rows, unless it goes by row groups.

    Parquet it must be: dlt's CSV turns '' into null. To be dropped when dlt's PostgresParquetCopyJob accepts an empty
    file by itself (tests/source/test_on_postgres.py tells).
    """
    from dlt.destinations.impl.postgres.postgres import PostgresParquetCopyJob

    PostgresParquetCopyJob._ingest_per_rowgroup = True


def sync_with_destination(pipeline: dlt.Pipeline) -> None:
    """What `run` does before its first load, a moment earlier: it need not do so again.

    To be dropped when dlt's `sync_destination` itself takes note of what it has done.
    """
    pipeline.sync_destination()
    pipeline._state_restored = True


def forget_what_was_normalized(pipeline: dlt.Pipeline) -> None:
    """Delete extracted packages that stand among the normalized ones already.

    dlt does so itself, one step after it has moved the package there. Where a process dies between the two, every later
    run would fail on moving it once more. To be dropped when dlt's `Normalize.spool_files` survives that by itself.
    """
    normalized = set(pipeline.list_normalized_load_packages())
    for load_id in pipeline.list_extracted_load_packages():
        if load_id in normalized:
            pipeline._get_normalize_storage().extracted_packages.delete_package(load_id)
