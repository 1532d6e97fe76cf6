"""Views over a table of Postgres, which drops none that they stand on: they are taken down, and put up again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

_OVER_A_TABLE = """
    with recursive over_it (oid, depth) as (
        select cast(cast(%s as regclass) as oid), 0
        union all
        select rule.ev_class, depth + 1
        from over_it
        join pg_depend on refclassid = cast('pg_class' as regclass) and refobjid = over_it.oid
        join pg_rewrite rule on classid = cast('pg_rewrite' as regclass) and rule.oid = objid
        where rule.ev_class <> over_it.oid
    )
    select
        format('%%I.%%I', nspname, relname),
        case relkind when 'm' then 'materialized view' else 'view' end,
        pg_get_viewdef(pg_class.oid)
    from (select oid, max(depth) as depth from over_it group by oid) found
    join pg_class using (oid)
    join pg_namespace on pg_namespace.oid = relnamespace
    where depth > 0
    order by depth
"""
_GRANTED = """
    select format(
        'grant %%s on %%s to %%s', privilege_type, %s,
        case grantee when 0 then 'public' else quote_ident(pg_get_userbyid(grantee)) end
    )
    from pg_class, aclexplode(relacl)
    where pg_class.oid = cast(%s as regclass) and grantee <> relowner
"""
_IF_POSSIBLE = """
    do $if_possible$ begin
        execute %s;
    exception when others then
        null;
    end $if_possible$
"""


class Statements(Protocol):
    """What runs statements, of `Database`."""

    def rows(self, statement: str, *parameters: Any) -> list[tuple[Any, ...]]:
        """What a query answers."""

    def execute(self, statement: str, *parameters: Any) -> None:
        """Run a statement that answers nothing."""


@dataclass(frozen=True)
class Views:
    """The views over a table, each below those that stand on it, and who may read them and the table."""

    names: Sequence[str]
    statements: Sequence[str]
    """that make all of it again"""

    def put_up(self, database: Statements) -> list[str]:
        """Make them again; returns those that cannot be, as where what they compute is of another type now."""
        for statement in self.statements:
            database.execute(_IF_POSSIBLE, statement)
        return [name for name in self.names if database.rows("select to_regclass(%s) is null", name) == [(True,)]]


def take_down(database: Statements, table: str) -> Views:
    """Drop all views over a table, which is named as in a statement."""
    found = database.rows(_OVER_A_TABLE, table)
    statements = _grants(database, table)
    for name, kind, definition in found:
        statements += [f"create {kind} {name} as {definition}", *_grants(database, name)]
    for name, kind, _ in reversed(found):
        database.execute(f"drop {kind} {name}")
    return Views([name for name, _, _ in found], statements)


def _grants(database: Statements, name: str) -> list[str]:
    return [statement for (statement,) in database.rows(_GRANTED, name, name)]
