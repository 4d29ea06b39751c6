"""Rows of the table `measures`, and the moments that comparisons are made of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.definition import MeasureModel
from jobs.inference import Moments, mean_interval
from jobs.inputs import CUSTOMER_ROLES
from jobs.sections.evidence import Evidence
from transforms import columns as c
from transforms.groups import Groups
from transforms.input_tables import TABLES
from transforms.measures import describe
from transforms.missing import flag

Described = Mapping[tuple[str, str], Mapping[str, Any]]
"""Group and measure to the row of `transforms.measures.describe`; a group nobody is in has none."""

_STATISTICS = ("n", "n_missing", "mean", "stddev", "median", "p10", "p25", "p75", "p90", "trimmed_mean")


def describe_measures(
    customers: DataFrame, groups: Groups, models: Sequence[MeasureModel], *, exact: bool
) -> DataFrame:
    """Describe each measure in each group; of a 0/1 flag other values are missing."""
    shares = {model.column: flag(F.col(model.column)) for model in models if _is_flag(model)}
    counted = customers.withColumns(shares) if shares else customers
    return describe(counted, groups, list(dict.fromkeys(model.column for model in models)), exact=exact)


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
