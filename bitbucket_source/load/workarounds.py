"""What has to be set right in dlt 1.31 so that no row is changed on its way. Each says when it can go."""

from __future__ import annotations

import logging

import dlt


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
    """Let Postgres take Parquet files without rows: dlt's copy job fails on them, unless it goes by row groups.

    Parquet it must be: dlt's CSV turns '' into null. To be dropped when dlt's PostgresParquetCopyJob accepts an empty
    file by itself (tests/source/test_on_postgres.py tells).
    """
    if pipeline.destination is not None and pipeline.destination.destination_name == "postgres":
        from dlt.destinations.impl.postgres.postgres import PostgresParquetCopyJob

        PostgresParquetCopyJob._ingest_per_rowgroup = True
