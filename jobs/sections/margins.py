"""The margins of a cross-table: each row value by itself, and each column value, from the cells."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from jobs.inference import pooled
from jobs.sections.evidence import moments
from transforms import columns as c

_SIDES = ("row", "column")


def margins(cells: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return, per group and side, the customers of each value over the whole other side.

    In: cells of `transforms.crosstabs.crosstab`. Out: rows of the same shape, the value under `row_dimension` and
    `row_value`, no column, no label. Sizes and sums add up; means and deviations come from the cells' moments.
    """
    found: dict[tuple[str, str, str], list[dict[str, Any]]] = {}
    for cell in sorted(cells, key=lambda one: (one[c.GROUP], str(one["row_value"]), str(one["column_value"]))):
        for side in _SIDES:
            key = (cell[c.GROUP], cell[f"{side}_dimension"], cell[f"{side}_value"])
            found.setdefault(key, []).append(cell)
    return [_margin(*key, members) for key, members in found.items()]


def _margin(group: str, dimension: str, value: str, cells: Sequence[dict[str, Any]]) -> dict[str, Any]:
    health, ltv = (pooled([moments(cell, name) for cell in cells]) for name in ("health", "ltv"))
    return {
        c.GROUP: group,
        "row_dimension": dimension,
        "row_value": value,
        "column_dimension": None,
        "column_value": None,
        "label": None,
        "n": sum(int(cell["n"]) for cell in cells),
        "n_health": health.n,
        "mean_health": health.mean,
        "stddev_health": health.stddev,
        "n_ltv": ltv.n,
        "mean_ltv": ltv.mean,
        "stddev_ltv": ltv.stddev,
        "sum_ltv": sum(cell["sum_ltv"] for cell in cells),
        "value_at_stake": sum(cell["value_at_stake"] for cell in cells),
    }
