"""Rows of the table `distributions` from counts per value."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from jobs.inference import wilson
from transforms import columns as c


def distribution_rows(section: str, groups: Sequence[str], counts: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return one row per group, dimension and value.

    `counts` are rows of `transforms.distributions.count_values`: dimension, value and the count per
    group. Shares are of the group's size, so those of a dimension add up to 1.
    """
    listed = list(counts)
    totals: dict[tuple[str, str], int] = {}
    for row in listed:
        for group in groups:
            key = (row["dimension"], group)
            totals[key] = totals.get(key, 0) + int(row[group])
    rows = []
    for row in listed:
        population_total = totals[row["dimension"], c.POPULATION]
        population_share = row[c.POPULATION] / population_total if population_total else None
        for group in groups:
            total = totals[row["dimension"], group]
            count = int(row[group])
            share = count / total if total else None
            low, high = wilson(count, total)
            rows.append(
                {
                    "section": section,
                    "group_name": group,
                    "dimension": row["dimension"],
                    "value": row["value"],
                    "n": count,
                    "share": share,
                    "share_low": low,
                    "share_high": high,
                    "population_share": population_share,
                    "index": 100 * share / population_share if share is not None and population_share else None,
                }
            )
    return rows


def with_all_values(
    counts: Iterable[dict[str, Any]], dimension: str, values: Sequence[str], unnamed: str
) -> list[dict[str, Any]]:
    """Return the counts of one dimension with a row for every expected value; missing is `unnamed`."""
    found = {
        (unnamed if row["value"] == c.MISSING else row["value"]): row for row in counts if row["dimension"] == dimension
    }
    nobody = {c.POPULATION: 0, c.COHORT: 0, c.PEERS: 0}
    return [{**found.get(value, nobody), "dimension": dimension, "value": value} for value in (*values, unnamed)]
