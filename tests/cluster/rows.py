"""Published rows of two runs, compared."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping
from typing import Any

from deltalake import DeltaTable

from transforms import result_tables

# of the attempt, not of the result
_OF_THE_ATTEMPT = ("attempt_id",)


def published(results: str, analysis: str) -> dict[str, list[dict[str, Any]]]:
    """Return the rows that count, per table, sorted by what is no measured number."""
    (publication,) = (row for row in _rows(results, "publications") if row["analysis"] == analysis)
    return {
        table: sorted(
            (
                {key: value for key, value in row.items() if key not in _OF_THE_ATTEMPT}
                for row in _rows(results, table)
                if row["attempt_id"] == publication["attempt_id"] and row["analysis"] == analysis
            ),
            key=_order,
        )
        for table in result_tables.STAGED
    }


def events(results: str, analysis: str) -> list[str]:
    """Return the events of all runs of an analysis, in time."""
    rows = sorted(_rows(results, "runs"), key=lambda row: row["at"])
    return [str(row["event"]) for row in rows if row["analysis"] == analysis]


def differences(found: Mapping[str, list[dict[str, Any]]], wanted: Mapping[str, list[dict[str, Any]]]) -> list[str]:
    """Return where two runs differ: rows exactly, numbers to nine digits (sums depend on their order)."""
    told = []
    for table, rows in wanted.items():
        if len(found[table]) != len(rows):
            told.append(f"{table}: {len(found[table])} rows, wanted {len(rows)}")
            continue
        for number, (one, other) in enumerate(zip(found[table], rows, strict=True)):
            told += [
                f"{table}[{number}].{key}: {one[key]!r}, wanted {other[key]!r}"
                for key in other
                if not _alike(one[key], other[key])
            ]
    return told


def _rows(results: str, table: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = DeltaTable(f"{results}/{table}").to_pyarrow_table().to_pylist()
    return rows


def _order(row: Mapping[str, Any]) -> list[str]:
    return [repr(value) for value in row.values() if not isinstance(value, float | dt.datetime)]


def _alike(one: Any, other: Any) -> bool:
    if isinstance(one, float) and isinstance(other, float):
        return math.isclose(one, other, rel_tol=1e-9, abs_tol=1e-9) or (math.isnan(one) and math.isnan(other))
    if isinstance(one, list) and isinstance(other, list):
        return sorted(map(repr, one)) == sorted(map(repr, other))
    return bool(one == other)
