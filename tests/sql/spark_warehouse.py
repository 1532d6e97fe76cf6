"""A warehouse in a Spark session of this process, over parquet files."""

from __future__ import annotations

import gc
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import pyarrow as pa
import pyarrow.parquet as pq

from bitbucket_source.tables import TABLES, Type

from .raw_tables import Row, Rows, arrow_table

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

_SPARK = {
    Type.TEXT: "string",
    Type.JSON: "string",
    Type.BIGINT: "bigint",
    Type.BOOL: "boolean",
    Type.TIMESTAMP: "timestamp",
}
_SETTINGS = {
    # not that of the machine, as in Postgres
    "spark.sql.session.timeZone": "Europe/Berlin",
    "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    # one row or a thousand: what takes long elsewhere costs more than it saves here
    "spark.sql.shuffle.partitions": "1",
    "spark.sql.adaptive.enabled": "false",
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
}


@contextmanager
def spark_session(directory: Path) -> Iterator[SparkSession]:
    """A session that keeps its tables in a directory, and what tables there are in memory."""
    from pyspark.sql import SparkSession

    builder = SparkSession.builder.master("local[2]").config("spark.sql.warehouse.dir", str(directory / "tables"))
    for name, value in _SETTINGS.items():
        builder = builder.config(name, value)
    session = builder.getOrCreate()
    session.sparkContext.setLogLevel("OFF")
    try:
        yield session
    finally:
        session.stop()
        # sockets that nobody closed go here, not in the middle of somebody else's test
        gc.collect()


@dataclass(frozen=True)
class SparkWarehouse:
    """A warehouse in the Spark session of this process."""

    session: SparkSession
    directory: Path
    """where the raw tables' files go"""
    address: ClassVar[str] = "spark://session"

    def load(self, rows: Rows) -> None:
        """Make the tables named, and no other."""
        self.load_arrow({name: arrow_table(TABLES[name], of_table) for name, of_table in rows.items()})

    def load_arrow(self, tables: Mapping[str, pa.Table]) -> None:
        """The same from Arrow: a table over a parquet file each, as over what dlt's filesystem destination writes."""
        for schema in ("bitbucket_raw", "bitbucket_marts"):
            self.execute(f"drop schema if exists {schema} cascade")
        self.execute("create schema bitbucket_raw")
        for name, rows in tables.items():
            location = Path(tempfile.mkdtemp(prefix=name, dir=self.directory))
            pq.write_table(rows, location / "rows.parquet")
            stored = [column for column in TABLES[name].columns if column.name in rows.column_names]
            columns = ", ".join(f"`{column.name}` {_SPARK[column.type]}" for column in stored)
            self.execute(f"create table bitbucket_raw.{name} ({columns}) using parquet location '{location}'")

    def execute(self, statement: str) -> None:
        """Run a statement."""
        self.session.sql(statement)

    def query(self, query: str) -> list[Row]:
        """The rows of a query."""
        return [row.asDict() for row in self.session.sql(query).collect()]
