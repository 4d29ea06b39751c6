"""Composite indices of the cohort in exact rational arithmetic: no rounding decides a level.

A double stands for its exact value, a weight or ordinal value for the decimal it is written as.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import pyarrow as pa

from tests.oracle.study import Study

INDICES = ("value", "risk")
Exact = Fraction | None


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Where an index turns from low to medium and from medium to high."""

    p33: float | None
    p67: float | None


@dataclass(frozen=True, slots=True)
class Indices:
    """What the table `customers` does not hold of the indices."""

    thresholds: dict[str, Thresholds]
    constant: list[tuple[str, str]]
    without: dict[str, int]


def part_column(index: str, part: Mapping[str, Any]) -> str:
    """Name the normalised part of an index: `value_index.monetary_score`."""
    return f"{index}_index.{part['column']}"


def build_indices(study: Study) -> Indices | None:
    """Add both indices, their levels and their parts to `customers`; None where the analysis has no indices."""
    section = study.section("indices")
    if section is None:
        _add(study, [], {})
        return None
    keys = [row["k"] for row in study.rows("SELECT customer_key AS k FROM customers WHERE in_cohort ORDER BY 1")]
    columns: dict[str, list[float | str | None]] = {}
    found = Indices({}, [], {})
    for index in INDICES:
        sums: list[Exact] = [Fraction(0)] * len(keys)
        for part in section[index]["parts"]:
            scaled, is_constant = _SCALES[part["scale"]](study, part)
            if is_constant:
                found.constant.append((f"{index}_index", part["column"]))
            weight = Fraction(str(part["weight"]))
            sums = [None if s is None or x is None else s + weight * x for s, x in zip(sums, scaled, strict=True)]
            columns[part_column(index, part)] = _doubles(scaled)
        thresholds = [_percentile(sums, Fraction(percent, 100)) for percent in (33, 67)]
        columns[f"{index}_index"] = _doubles(sums)
        columns[f"{index}_index_level"] = [_level(x, *thresholds) for x in sums]
        found.thresholds[f"{index}_index"] = Thresholds(*_doubles(thresholds))
        found.without[f"{index}_index"] = sums.count(None)
    _add(study, keys, columns)
    return found


def _add(study: Study, keys: Sequence[str], columns: Mapping[str, Sequence[float | str | None]]) -> None:
    """Join the columns to `customers`; the four that members show are there in any case."""
    shown = {f"{index}_index": pa.float64() for index in INDICES}
    shown |= {f"{index}_index_level": pa.string() for index in INDICES}
    types = dict.fromkeys(columns, pa.float64()) | shown
    held = {name: columns.get(name, [None] * len(keys)) for name in types}
    table = pa.table({"customer_key": pa.array(keys, pa.string())} | {n: pa.array(held[n], types[n]) for n in types})
    study.con.register("indexed", table)
    study.con.execute(
        "CREATE OR REPLACE TABLE customers AS SELECT * FROM customers LEFT JOIN indexed USING (customer_key)"
    )
    study.con.unregister("indexed")


def _values(study: Study, expression: str) -> list[Any]:
    """Return an expression's value per cohort customer, in the order of the keys."""
    found = study.rows(f"SELECT {expression} AS x FROM customers AS c WHERE in_cohort ORDER BY customer_key")
    return [row["x"] for row in found]


def _min_max(study: Study, part: Mapping[str, Any]) -> tuple[list[Exact], bool]:
    exact = [None if x is None else Fraction(x) for x in _values(study, f'CAST("{part["column"]}" AS DOUBLE)')]
    present = [x for x in exact if x is not None]
    if not present:
        return exact, False
    low, high = min(present), max(present)
    if low == high:
        return [None if x is None else Fraction(0) for x in exact], True
    return [None if x is None else (x - low) / (high - low) for x in exact], False


def _ordinal(study: Study, part: Mapping[str, Any]) -> tuple[list[Exact], bool]:
    worth = {name: Fraction(str(value)) for name, value in part["levels"].items()}
    return [worth.get(x) for x in _values(study, f'"{part["column"]}"')], False


def _off(study: Study, part: Mapping[str, Any]) -> tuple[list[Exact], bool]:
    worth = {0: Fraction(1), 1: Fraction(0)}
    return [worth.get(x) for x in _values(study, f'"{part["column"]}"')], False


def _weak(study: Study, part: Mapping[str, Any]) -> tuple[list[Exact], bool]:
    """Compare the mean of a category within the cohort with the cohort's, both exact."""
    category, measure = part["column"], part["measure"]
    mean = f'SELECT exact_mean(b."{measure}") FROM customers AS b WHERE b.in_cohort'
    is_weak = f'({mean} AND b."{category}" = c."{category}") < ({mean})'
    return [None if x is None else Fraction(int(x)) for x in _values(study, is_weak)], False


_SCALES: dict[str, Callable[[Study, Mapping[str, Any]], tuple[list[Exact], bool]]] = {
    "min_max": _min_max,
    "ordinal": _ordinal,
    "off": _off,
    "weak": _weak,
}


def _percentile(values: Sequence[Exact], p: Fraction) -> Exact:
    """Return the linearly interpolated percentile of the present values."""
    ordered = sorted(x for x in values if x is not None)
    if not ordered:
        return None
    position = p * (len(ordered) - 1)
    below = int(position)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (position - below) * (ordered[above] - ordered[below])


def _level(x: Exact, p33: Exact, p67: Exact) -> str | None:
    if x is None or p33 is None or p67 is None:
        return None
    return "low" if x <= p33 else "medium" if x <= p67 else "high"


def _doubles(values: Sequence[Exact]) -> list[float | None]:
    return [None if x is None else float(x) for x in values]
