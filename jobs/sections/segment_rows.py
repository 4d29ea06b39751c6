"""What the sections `segments` and `consistency` share: measures, comparisons, mixes and correlations by segment."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.bounded import collect_rows
from jobs.definition import MeasureModel
from jobs.inference import welch
from jobs.sections.comparison_row import comparison_row
from jobs.sections.correlation_row import NO_PAIRS, correlation_row
from jobs.sections.evidence import Evidence, Rows
from jobs.sections.measure_rows import by_group_and_measure, describe_measures, measure_row, moments_of
from jobs.sections.segment_groups import SegmentGroups
from transforms import columns as c
from transforms.correlations import correlate
from transforms.distributions import count_values


def describe_and_compare(
    evidence: Evidence, section: str, groups: SegmentGroups, models: Sequence[MeasureModel]
) -> Rows:
    """Return `measures` of every group and `comparisons` of every pair."""
    if not models:
        return {}
    customers, members = evidence.customers, groups.memberships(groups.described)
    found = describe_measures(
        lambda _, build: collect_rows(build(), section), customers, members, models, exact=evidence.exact
    )
    described = by_group_and_measure(found)
    measures = [
        measure_row(
            evidence, section, group, model, described, by_definition=model.column in groups.by_definition(group)
        )
        for model in models
        for group in groups.described
    ]
    comparisons = []
    for model in models:
        for a, b in groups.pairs:
            in_a, in_b = moments_of(described, a, model.column), moments_of(described, b, model.column)
            tested = model.column not in groups.by_definition(a, b)
            difference = welch(in_a, in_b, tested=tested)
            comparisons.append(
                comparison_row(section, "all", model.column, (a, in_a), (b, in_b), difference, by_definition=not tested)
            )
    return {"measures": measures, "comparisons": comparisons}


def count_by_value(
    evidence: Evidence, section: str, groups: SegmentGroups, dimensions: Sequence[str]
) -> list[dict[str, Any]]:
    """Return the counts of every group per dimension and value, in a fixed order; see `count_values`."""
    if not dimensions:
        return []
    members = groups.memberships(groups.described)
    counts = collect_rows(count_values(evidence.customers, members, dimensions), section)
    return sorted(counts, key=lambda row: (list(dimensions).index(row["dimension"]), row["value"]))


def correlate_by_segment(
    evidence: Evidence, section: str, groups: SegmentGroups, pairs: Sequence[tuple[str, str]]
) -> list[dict[str, Any]]:
    """Return the rows of `correlations` of every pair of numbers in every segment and the population."""
    if not pairs:
        return []
    members = groups.memberships(groups.shown)

    def of_pair(x: str, y: str) -> DataFrame:
        found = correlate(evidence.customers, members, x, y, exact=evidence.exact)
        return found.withColumns({"x": F.lit(x), "y": F.lit(y)})

    frames = [of_pair(x, y) for x, y in pairs]
    rows = {
        (row["x"], row["y"], row[c.GROUP]): row for row in collect_rows(reduce(DataFrame.unionByName, frames), section)
    }
    return [
        correlation_row(evidence, section, group, x, y, rows.get((x, y, group), NO_PAIRS))
        for x, y in pairs
        for group in groups.shown
    ]
