"""Segments of all customers side by side: measures, mixes, cross-tables, correlations and who holds the LTV."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import reduce
from typing import Any

from pyspark.sql import DataFrame

from jobs.bounded import collect_one, collect_rows
from jobs.definition.sections import CrosstabModel
from jobs.inference import chi_square, wilson
from jobs.inputs import quality_row
from jobs.sections.association_row import association_row
from jobs.sections.distribution_rows import distribution_rows
from jobs.sections.evidence import Evidence, Rows, crosstab_rows
from jobs.sections.segment_groups import SegmentGroups
from jobs.sections.segment_rows import correlate_by_segment, count_by_value, describe_and_compare
from transforms import columns as c
from transforms import derived
from transforms.crosstabs import crosstab
from transforms.segments import RFM_AVERAGE, ltv_by_segment, rfm_mean_differs

SECTION = "segments"
LTV_SHARE = "ltv_share"


def build(evidence: Evidence) -> Rows:
    """Return `measures`, `comparisons`, `distributions`, `crosstabs`, `correlations`, `associations`, `quality`."""
    options = evidence.definition.sections.segments
    if options is None:
        return {}
    groups = SegmentGroups.of(evidence.definition)
    counts = count_by_value(evidence, SECTION, groups, options.dimensions)
    return {
        **describe_and_compare(evidence, SECTION, groups, options.measures),
        "distributions": [
            *_sizes_and_ltv(evidence, groups),
            *distribution_rows(SECTION, groups.shown, counts),
        ],
        "crosstabs": _crosstabs(evidence, groups, options.crosstabs),
        "correlations": correlate_by_segment(
            evidence, SECTION, groups, [(pair.x, pair.y) for pair in options.correlations]
        ),
        "associations": _associations(groups, options.dimensions, counts),
        "quality": _quality(evidence),
    }


def _sizes_and_ltv(evidence: Evidence, groups: SegmentGroups) -> list[dict[str, Any]]:
    """Return how many customers each segment has, and what part of all LTV it holds."""
    found = {row[c.SEGMENT]: row for row in collect_rows(ltv_by_segment(evidence.customers), SECTION)}
    nobody = {"n": 0, "n_ltv": 0, "sum_ltv": 0.0}
    held = {name: found.get(name, nobody) for name in groups.segments}
    customers = sum(row["n"] for row in held.values())
    ltv = sum(row["sum_ltv"] for row in held.values())
    sizes = [
        _population_row(
            c.SEGMENT,
            name,
            row["n"],
            row["n"] / customers if customers else None,
            wilson(row["n"], customers),
        )
        for name, row in held.items()
    ]
    shares = [
        _population_row(LTV_SHARE, name, row["n_ltv"], row["sum_ltv"] / ltv if ltv else None, (None, None))
        for name, row in held.items()
    ]
    return sizes + shares


def _population_row(
    dimension: str, value: str, n: int, share: float | None, interval: tuple[float | None, float | None]
) -> dict[str, Any]:
    return {
        "section": SECTION,
        "group_name": c.POPULATION,
        "dimension": dimension,
        "value": value,
        "n": n,
        "share": share,
        "share_low": interval[0],
        "share_high": interval[1],
        # a share of the whole has nothing to be measured against
        "population_share": None,
        "index": None,
    }


def _crosstabs(evidence: Evidence, groups: SegmentGroups, pairs: Sequence[CrosstabModel]) -> list[dict[str, Any]]:
    if not pairs:
        return []
    members = groups.memberships(groups.shown)
    frames = [crosstab(evidence.customers, members, row=pair.row, column=pair.column) for pair in pairs]
    return crosstab_rows(SECTION, collect_rows(reduce(DataFrame.unionByName, frames), SECTION))


def _associations(
    groups: SegmentGroups, dimensions: Sequence[str], counts: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """Return one test per pair and dimension; a dimension that a rule of the pair fixes has none."""
    return [
        association_row(
            SECTION,
            c.POPULATION,
            f"{a}_vs_{b}",
            dimension,
            "chi_square",
            chi_square([(row[a], row[b]) for row in counts if row["dimension"] == dimension]),
        )
        for a, b in groups.pairs
        for dimension in dimensions
        if dimension not in groups.by_definition(a, b)
    ]


def _quality(evidence: Evidence) -> list[dict[str, Any]]:
    """Return how many customers' own mean of the three scores is not the table's."""
    if not (evidence.available(derived.RFM_MEAN) and evidence.available(RFM_AVERAGE)):
        return []
    n = collect_one(rfm_mean_differs(evidence.customers), SECTION)["n"]
    table = str(evidence.source_table(RFM_AVERAGE))
    return [quality_row(table, "rfm_mean_differs", "warning", n, "0", section=SECTION, measure=derived.RFM_MEAN)]
