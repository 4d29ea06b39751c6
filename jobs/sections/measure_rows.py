"""Rows of the table `measures`, and the moments that comparisons are made of."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.definition import MeasureModel
from jobs.inference import Moments, mean_interval
from jobs.inputs import CUSTOMER_ROLES
from jobs.local_frames import local_frame
from jobs.sections.evidence import Evidence
from transforms import columns as c
from transforms.groups import Groups
from transforms.input_tables import TABLES
from transforms.measures import bound, describe, trimmed_means
from transforms.missing import flag

Described = Mapping[tuple[str, str], Mapping[str, Any]]
"""Group and measure to the row of `described_rows`; a group nobody is in has none."""

_STATISTICS = ("n", "n_missing", "mean", "stddev", "median", "p10", "p25", "p75", "p90", "trimmed_mean")
_BOUNDS = ("p10", "p90")


Collect = Callable[[str, Callable[[], DataFrame]], list[dict[str, Any]]]
"""Brings the rows of an aggregate of this name to the driver."""


def describe_measures(
    collect: Collect, customers: DataFrame, groups: Groups, models: Sequence[MeasureModel], *, exact: bool
) -> list[dict[str, Any]]:
    """Describe each measure in each group; of a 0/1 flag other values are missing."""
    shares = {model.column: flag(F.col(model.column)) for model in models if _is_flag(model)}
    counted = customers.withColumns(shares) if shares else customers
    return described_rows(collect, counted, groups, list(dict.fromkeys(model.column for model in models)), exact=exact)


def described_rows(
    collect: Collect, customers: DataFrame, groups: Groups, measures: Sequence[str], *, exact: bool
) -> list[dict[str, Any]]:
    """Return the rows of `describe` with the trimmed mean, which needs the P10 and P90 that they hold."""
    rows = collect("measures", lambda: describe(customers, groups, measures, exact=exact))
    bounds: dict[str, dict[str, Any]] = {}
    for row in rows:
        of_group = bounds.setdefault(row[c.GROUP], {c.GROUP: row[c.GROUP]})
        of_group |= {bound(row["measure"], percentile): row[percentile] for percentile in _BOUNDS}
    columns = [bound(measure, percentile) for measure in measures for percentile in _BOUNDS]
    ddl = ", ".join([f"{c.GROUP} string", *(f"{name} double" for name in columns)])

    def trimmed() -> DataFrame:
        known = local_frame(customers.sparkSession, list(bounds.values()), ddl)
        return trimmed_means(customers, groups, measures, known)

    found = {(row[c.GROUP], row["measure"]): row["trimmed_mean"] for row in collect("trimmed_means", trimmed)}
    return [{**row, "trimmed_mean": found[row[c.GROUP], row["measure"]]} for row in rows]


def _is_flag(model: MeasureModel) -> bool:
    """Return whether a share is counted (a whole-number column); a probability is a share as it is."""
    types = {TABLES[role].columns.get(model.column) for role in CUSTOMER_ROLES}
    return model.unit == "share" and not types.isdisjoint({"int", "bigint"})


def by_group_and_measure(rows: Iterable[Mapping[str, Any]]) -> Described:
    """Return described rows by group and measure."""
    return {(row[c.GROUP], row["measure"]): row for row in rows}


def moments_of(described: Described, group: str, measure: str) -> Moments:
    """Return n, mean and standard deviation of a measure in a group."""
    row = described.get((group, measure))
    return Moments(int(row["n"]), row["mean"], row["stddev"]) if row else Moments(0, None, None)


def measure_row(
    evidence: Evidence, section: str, group: str, model: MeasureModel, described: Described, *, by_definition: bool
) -> dict[str, Any]:
    """Return the row of a measure in a group; n = 0 and nulls where nobody is in it."""
    low, high = mean_interval(moments_of(described, group, model.column))
    found = described.get((group, model.column), {"n": 0, "n_missing": 0})
    return {
        "section": section,
        "group_name": group,
        "measure": model.column,
        "unit": model.unit,
        **{name: found.get(name) for name in _STATISTICS},
        "ci_low": low,
        "ci_high": high,
        "method": evidence.method,
        "by_definition": by_definition,
        "source_table": evidence.source_table(model.column),
    }
