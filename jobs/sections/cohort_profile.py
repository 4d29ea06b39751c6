"""The cohort beside its peers and the population: measures and their differences."""

from __future__ import annotations

from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.definition import MeasureModel
from jobs.inference import Moments, mean_interval, welch
from jobs.sections.comparison_row import comparison_row
from jobs.sections.evidence import Evidence, Rows
from transforms import columns as c
from transforms.measures import describe
from transforms.missing import flag

SECTION = "cohort_profile"
GROUPS = (c.COHORT, c.PEERS, c.POPULATION)
LTV_MEASURE = MeasureModel(column=c.LTV, unit="currency")


def build(evidence: Evidence) -> Rows:
    """Return `measures` of the profile and of LTV, and `comparisons` of the profile with the peers."""
    options = evidence.definition.sections.cohort_profile
    if options is None:
        return {}
    profile = list(options.measures)
    described = _describe(evidence, [*profile, LTV_MEASURE])
    measures = [
        _measure_row(evidence, section, group, model, described)
        for section, models in ((SECTION, profile), ("tier_ltv", [LTV_MEASURE]))
        for model in models
        for group in GROUPS
    ]
    by_definition = evidence.definition.by_definition()
    comparisons = []
    for model in profile:
        a, b = (_moments(described, group, model.column) for group in (c.COHORT, c.PEERS))
        tested = model.column not in by_definition
        comparisons.append(
            comparison_row(
                SECTION,
                "all",
                model.column,
                (c.COHORT, a),
                (c.PEERS, b),
                welch(a, b, tested=tested),
                by_definition=not tested,
            )
        )
    return {"measures": measures, "comparisons": comparisons}


Described = dict[tuple[str, str], dict[str, Any]]


def _describe(evidence: Evidence, models: list[MeasureModel]) -> Described:
    units = tuple(dict.fromkeys((model.column, model.unit) for model in models))

    def build() -> DataFrame:
        shares = {column: flag(F.col(column)) for column, unit in units if unit == "share"}
        customers = evidence.customers.withColumns(shares) if shares else evidence.customers
        return describe(customers, GROUPS, list(dict.fromkeys(column for column, _ in units)), exact=evidence.exact)

    return {(row[c.GROUP], row["measure"]): row for row in evidence.collect("measures", build, units)}


def _moments(described: Described, group: str, measure: str) -> Moments:
    row = described.get((group, measure))
    return Moments(int(row["n"]), row["mean"], row["stddev"]) if row else Moments(0, None, None)


def _measure_row(
    evidence: Evidence, section: str, group: str, model: MeasureModel, described: Described
) -> dict[str, Any]:
    low, high = mean_interval(_moments(described, group, model.column))
    found = described.get((group, model.column), {"n": 0, "n_missing": 0})
    statistics = ("n", "n_missing", "mean", "stddev", "median", "p10", "p25", "p75", "p90", "trimmed_mean")
    return {
        "section": section,
        "group_name": group,
        "measure": model.column,
        "unit": model.unit,
        **{name: found.get(name) for name in statistics},
        "ci_low": low,
        "ci_high": high,
        "method": evidence.method,
        "by_definition": model.column in evidence.definition.by_definition(),
        "source_table": evidence.source_table(model.column),
    }
