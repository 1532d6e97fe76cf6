"""What is known of the repositories that were looked at, scaled to all of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from bitbucket_source.planning.figures import Figure, scaled, total
from bitbucket_source.planning.owed import Kind, Owed
from bitbucket_source.planning.sample import Stratum, shares_of, strata_of
from bitbucket_source.sync.families import FAMILIES
from bitbucket_source.tables import PIPELINES, PULL_REQUESTS, Table


def strata_by_kind(all_owed: Sequence[Owed]) -> list[Stratum[Owed]]:
    """Which repositories are looked at, by how much of them is to be read, and by their size."""
    kinds = [[each for each in all_owed if each.kind is kind] for kind in Kind]
    shares = shares_of([len(members) for members in kinds])
    return [
        stratum
        for members, share in zip(kinds, shares, strict=True)
        for stratum in strata_of(members, [each.size for each in members], share)
    ]


def kind_of(stratum: Stratum[Owed]) -> Kind:
    """That of all its members."""
    return (stratum.seen or stratum.others)[0].kind


def least_later(owed: Owed, table: Table) -> int:
    """The requests that each later sync makes at least for a list of a repository."""
    return int(table in (PULL_REQUESTS, PIPELINES) and bool(owed.ordinary.get(table)))


def source_of(table: Table) -> Table:
    """The list whose refusal keeps a table from being read."""
    return next((family.source for family in FAMILIES if table in family.children), table)


def is_selected(source: Table, selected: frozenset[Table]) -> bool:
    """Whether a list is read for any of the selected tables."""
    return any(family.readers(selected) for family in FAMILIES if family.source is source)


def scaled_to_all(
    table: Table,
    strata: Sequence[Stratum[Owed]],
    by_uuid: Mapping[str, Mapping[Table, Figure]],
    least_of: Callable[[Owed, Table], int],
) -> Figure:
    """What a list costs in all repositories of a kind: those that were looked at, and the others by them."""
    seen_of: list[tuple[list[Figure], int]] = []
    floor = 0
    for stratum in strata:
        seen, others = [], list(stratum.others)
        for owed in stratum.seen:
            figure = by_uuid[owed.repository.uuid].get(table)
            if figure is None:
                others.append(owed)
            else:
                seen.append(figure)
        floor += sum(least_of(owed, table) for owed in others)
        seen_of.append((seen, len(others)))
    known = total(figure for seen, _ in seen_of for figure in seen)
    return known + scaled(seen_of, floor) if any(count for _, count in seen_of) else known
