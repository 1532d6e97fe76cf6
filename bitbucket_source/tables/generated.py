"""Write the files that derive from the table contract: `python -m bitbucket_source.tables.generated`.

`tests/test_generated_files.py` fails when one of them is stale.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from bitbucket_source.tables import DATA_TABLES, TABLES
from bitbucket_source.tables.contract import Column, Origin, Table

REPOSITORY_ROOT = Path(__file__).resolve().parents[2]
_EDIT = "Generated from bitbucket_source/tables by `python -m bitbucket_source.tables.generated`: do not edit."


def generated_files() -> dict[str, str]:
    """The generated files, by their path from the root of the repository."""
    return {
        "sql/models/staging/_bitbucket__sources.yml": dbt_sources(),
        "docs/tables.md": tables_reference(),
    }


def dbt_sources() -> str:
    """The dbt sources file: every table and column with its type and description."""
    return "\n".join(_dbt_source_lines()) + "\n"


def _dbt_source_lines() -> Iterator[str]:
    yield f"# {_EDIT}"
    yield "version: 2"
    yield "sources:"
    yield "  - name: bitbucket"
    yield "    description: Bitbucket Cloud, as bitbucket-source loads it."
    yield "    schema: \"{{ var('bitbucket_raw_schema', 'bitbucket_raw') }}\""
    yield "    config:"
    yield "      loaded_at_field: synced_at"
    yield "      freshness: {warn_after: {count: 24, period: hour}, error_after: {count: 72, period: hour}}"
    yield "    tables:"
    for table in TABLES.values():
        yield f"      - name: {table.name}"
        yield f"        description: {json.dumps(table.description, ensure_ascii=False)}"
        if table.bookkeeping:
            yield "        config: {freshness: null}"
        yield "        columns:"
        for column in table.columns:
            yield f"          - name: {column.name}"
            yield f"            data_type: {column.type}"
            yield f"            description: {json.dumps(column.description, ensure_ascii=False)}"


def tables_reference() -> str:
    """`docs/tables.md`: what each table holds, what makes a row new, what that costs, what it cannot see."""
    lines = ["# Tables", "", f"<!-- {_EDIT} -->", ""]
    lines += ["| table | key | read from | scope |", "|---|---|---|---|"]
    lines += [_overview_row(table) for table in TABLES.values()]
    for table in TABLES.values():
        lines += ["", *_table_section(table)]
    return "\n".join(lines) + "\n"


def _overview_row(table: Table) -> str:
    return f"| [{table.name}](#{table.name}) | {', '.join(table.key)} | {_read_from(table)} | {table.scope or '-'} |"


def _read_from(table: Table) -> str:
    if table.endpoint:
        return f"`GET {table.endpoint}`"
    if table.parent:
        of = f"[{table.parent.name}](#{table.parent.name})"
        return f"derived from {of}" if table.is_derived else f"`{table.within}` of {of}"
    return "this connector" if table.bookkeeping else "every object that names one"


def _table_section(table: Table) -> Iterator[str]:
    yield f"## {table.name}"
    yield ""
    yield table.description
    yield ""
    facts = (("Read again", table.new_when), ("Costs", table.costs), ("Cannot see", table.blind_to))
    stated = [f"- {name}: {fact}." for name, fact in facts if fact]
    yield from stated
    if stated:
        yield ""
    yield "| column | type | from | what it is |"
    yield "|---|---|---|---|"
    for column in table.columns:
        name = f"**{column.name}**" if column.name in table.key else column.name
        yield f"| {name} | {column.type} | {_comes_from(table, column)} | {column.description} |"


def _comes_from(table: Table, column: Column) -> str:
    match column.origin:
        case Origin.OBJECT if table.is_derived:
            return "derived"
        case Origin.OBJECT:
            prefix = f"{table.within}[]." if table.parent and table.within else ""
            return f"`{prefix}{column.path}`"
        case Origin.WHOLE:
            return "all of the object"
        case Origin.PARENT:
            return f"`{column.path}`"
        case Origin.MADE:
            return "worked out"
        case Origin.PLACE:
            return "where it was read"
        case Origin.POSITION:
            return "order of the list"
        case Origin.OURS:
            return "this connector"


def main() -> None:
    """Write every generated file below the root of the repository."""
    for path, content in generated_files().items():
        target = REPOSITORY_ROOT / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(content, encoding="utf-8")
        print(f"wrote {path}")
    print(f"{len(DATA_TABLES)} tables of data, {len(TABLES) - len(DATA_TABLES)} of bookkeeping")


if __name__ == "__main__":
    main()
