"""How the cohort spreads over the levels of a cross-table: counted from its cells, without another pass."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

from jobs.inference import wilson
from transforms import columns as c


def level_distribution(
    section: str,
    cells: Iterable[Mapping[str, Any]],
    dimension: str,
    side: Literal["row", "column"],
    values: Sequence[str],
) -> list[dict[str, Any]]:
    """Return the rows of `distributions` of one side of the cohort's cells: `values`, then `(none)`.

    n may be 0. Nobody outside the cohort has such a level, so there is no population to compare with.
    """
    counts = dict.fromkeys((*values, c.NO_LEVEL), 0)
    for cell in cells:
        counts[cell[f"{side}_value"]] += int(cell["n"])
    total = sum(counts.values())
    rows = []
    for value, n in counts.items():
        low, high = wilson(n, total)
        rows.append(
            {
                "section": section,
                "group_name": c.COHORT,
                "dimension": dimension,
                "value": value,
                "n": n,
                "share": n / total if total else None,
                "share_low": low,
                "share_high": high,
                "population_share": None,
                "index": None,
            }
        )
    return rows
