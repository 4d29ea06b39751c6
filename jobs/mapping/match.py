"""The best table and columns of a lake for each of our tables."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from jobs.mapping.column_names import CERTAIN, LIKELY, likeness, words
from transforms.input_tables import TABLES, InputTable, is_readable_as

# A table that has a smaller share of our columns is none of ours, unless most of it is made of them.
LEAST_SHARE = 0.25
_MOSTLY = 0.5
_LEAST_COLUMNS = 4
# Columns without which a table cannot be read weigh as much as so many others.
_NEEDED_WEIGHT = 5
_CASTABLE = ("string", "int", "bigint", "smallint", "tinyint", "float", "double", "boolean", "date", "timestamp")


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnMatch:
    """The user's column for one of ours; `cast` where the types differ; `certain` where nothing needs a look."""

    theirs: str
    found_type: str
    cast: str | None
    certain: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TableMatch:
    """The user's table for one of ours, and its columns."""

    table: str
    columns: Mapping[str, ColumnMatch]
    missing: tuple[str, ...]
    share: float


def match_tables(lake: Mapping[str, Mapping[str, str]]) -> dict[str, TableMatch]:
    """Return the best table per role; each table of the lake is proposed at most once, for the role it fits best.

    The tables share columns: a copy of one of them is not proposed for another one.

    Args:
        lake: table name to column name to Spark type name.

    Returns:
        dict: role to match; roles that no table fits are left out.
    """
    chosen: dict[str, tuple[float, TableMatch]] = {}
    for name, columns in lake.items():
        fits = [
            (_score(TABLES[role], name, match), role, match)
            for role in TABLES
            if (match := _match(TABLES[role], name, columns)) is not None
        ]
        if not fits:
            continue
        score, role, match = max(fits, key=lambda fit: fit[0])
        if role not in chosen or score > chosen[role][0]:
            chosen[role] = (score, match)
    return {role: chosen[role][1] for role in TABLES if role in chosen}


def needed_columns(table: InputTable) -> tuple[str, ...]:
    """Return the columns without which a table says nothing: who, and when where there are snapshots."""
    found = tuple(name for name in (table.key_column, table.snapshot_column) if name)
    return found or ("customer360_id",)


def _match(table: InputTable, name: str, columns: Mapping[str, str]) -> TableMatch | None:
    matched = match_columns(table.columns, columns)
    missing = tuple(ours for ours in table.columns if ours not in matched)
    share = len(matched) / len(table.columns)
    is_small = len(matched) >= _LEAST_COLUMNS and len(matched) >= _MOSTLY * len(columns)
    if not any(one in matched for one in needed_columns(table)) or (share < LEAST_SHARE and not is_small):
        return None
    return TableMatch(table=name, columns=matched, missing=missing, share=share)


def _score(table: InputTable, name: str, match: TableMatch) -> float:
    """Return how well a table fits: certain columns, those that are needed, and a little its name."""
    needed = needed_columns(table)
    weight = {ours: _NEEDED_WEIGHT if ours in needed else 1 for ours in table.columns}
    had = sum(weight[ours] * (1.0 if column.certain else 0.6) for ours, column in match.columns.items())
    called = difflib.SequenceMatcher(None, "_".join(words(table.name)), "_".join(words(name))).ratio()
    return had / sum(weight.values()) + called / 10


def match_columns(ours: Mapping[str, str], theirs: Mapping[str, str]) -> dict[str, ColumnMatch]:
    """Return the user's column for each of ours that has one; each is proposed once, the likest first."""
    alike = [
        (score, wanted, name)
        for wanted, expected in ours.items()
        for name, actual in theirs.items()
        if (score := likeness(wanted, name)) >= LIKELY and _can_be(actual, expected)
    ]
    order = {wanted: number for number, wanted in enumerate(ours)}
    found: dict[str, ColumnMatch] = {}
    taken: set[str] = set()
    for score, wanted, name in sorted(alike, key=lambda one: (-one[0], order[one[1]], one[2])):
        if wanted in found or name in taken:
            continue
        taken.add(name)
        as_is = is_readable_as(theirs[name], ours[wanted])
        found[wanted] = ColumnMatch(
            theirs=name,
            found_type=theirs[name],
            cast=None if as_is else ours[wanted],
            certain=score >= CERTAIN and as_is and not _has_rival(score, wanted, name, alike),
        )
    return {wanted: found[wanted] for wanted in ours if wanted in found}


def _has_rival(score: float, wanted: str, name: str, alike: Sequence[tuple[float, str, str]]) -> bool:
    """Return whether another column of the user's is as good for this one of ours."""
    return score < 1 and any(other >= score and w == wanted and n != name for other, w, n in alike)


def _can_be(actual: str, expected: str) -> bool:
    """Return whether a type can be read as another, if need be by a declared cast."""
    if is_readable_as(actual, expected):
        return True
    if not (actual in _CASTABLE or actual.startswith(("decimal", "varchar", "char"))):
        return False
    if expected == "timestamp":
        return actual in ("date", "string")
    if actual in ("date", "timestamp"):
        return False
    # a fraction read as a whole number would lose what it says
    return not (expected in ("int", "bigint") and actual in ("double", "float"))
