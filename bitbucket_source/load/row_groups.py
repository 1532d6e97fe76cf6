"""How many rows of a table DuckDB writes to its file at once."""

from __future__ import annotations

from typing import Any

ROWS = 15 * 2048
"""a quarter of what DuckDB takes by itself"""
_OF_THIS_SYNC = 2
"""connections: the one that dlt keeps for the file, and its copy for who asks"""
_ASIDE = "attached_meanwhile"


def write_small_row_groups(client: Any) -> None:
    """Let DuckDB write fewer rows at once, as long as the file stays open. `client` is dlt's for DuckDB, opened.

    What a load appends goes into the last group of rows, which DuckDB reads and writes anew, whole and in memory: with
    122,880 pull requests of 6 KB in a group 700 MB at each load. How many rows a group has can be said only when a file
    is attached, so it is attached once more. Where the process has other connections to the file nothing is changed:
    they would lose it for that moment.
    """
    [(connections,)] = client.execute_sql("select count from duckdb_connection_count()")
    if connections > _OF_THIS_SYNC:
        return
    [(name, path)] = client.execute_sql(
        "select database_name, path from duckdb_databases() where database_name = current_database()"
    )
    catalog, literal = client.escape_column_name(name), client.capabilities.escape_literal(path)
    client.execute_sql(f"attach ':memory:' as {_ASIDE}")
    client.execute_sql(f"use {_ASIDE}")
    client.execute_sql(f"detach {catalog}")
    client.execute_sql(f"attach {literal} as {catalog} (row_group_size {ROWS})")
    client.execute_sql(f"use {catalog}")
    client.execute_sql(f"detach {_ASIDE}")
    client.execute_sql("set search_path = %s", client.fully_qualified_dataset_name())
