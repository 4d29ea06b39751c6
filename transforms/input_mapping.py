"""A user's table under the contract's column names: rename and declared cast only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

# What a column of the user's is called when the mapping gives its name to another one.
_SHADOWED = "{name}__unmapped"


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnSource:
    """The user's column behind one of ours, and the type it is cast to where that is declared."""

    column: str
    cast: str | None = None


def with_contract_names(rows: DataFrame, sources: Mapping[str, ColumnSource]) -> DataFrame:
    """Call the mapped columns of a table by our names.

    In: the user's table, which holds every mapped column. Out: the same rows; every column stays at its place,
    so that ties between snapshots break as in the table as read. A value that a declared cast cannot read is
    null, and a boolean column `lost__<name>` at the end says so. A column that already has one of our names,
    which the mapping gives to another column, is set aside as `<name>__unmapped`: it is data of the table still,
    and no longer ours.
    """
    ours_of: dict[str, list[str]] = {}
    for ours, source in sources.items():
        ours_of.setdefault(source.column, []).append(ours)
    # engines compare names without regard to case
    taken = {name.lower() for name in (*rows.columns, *sources)}
    given = {name.lower() for name in sources}
    selected: list[Column] = []
    for name in rows.columns:
        if name in ours_of:
            selected += [_read(sources[ours]).alias(ours) for ours in ours_of[name]]
        elif name.lower() in given:
            selected.append(_column(name).alias(_free(_SHADOWED.format(name=name), taken)))
        else:
            selected.append(_column(name))
    lost = (
        (_column(source.column).isNotNull() & _read(source).isNull()).alias(lost_in_cast(ours))
        for ours, source in sources.items()
        if source.cast
    )
    return rows.select(*selected, *lost)


def lost_in_cast(ours: str) -> str:
    """Return the name of the column that says which values of one of ours a declared cast could not read."""
    return f"lost__{ours}"


def _read(source: ColumnSource) -> Column:
    found = _column(source.column)
    return found.try_cast(source.cast) if source.cast else found


def _column(name: str) -> Column:
    quoted = name.replace("`", "``")
    return F.col(f"`{quoted}`")


def _free(name: str, taken: set[str]) -> str:
    while name.lower() in taken:
        name += "_"
    taken.add(name.lower())
    return name
