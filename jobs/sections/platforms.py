"""Platform combinations and health: described always, singled out only when they differ at all."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pyspark.sql import DataFrame

from jobs.inference import Moments, pooled, welch
from jobs.sections.association_row import health_anova
from jobs.sections.comparison_row import comparison_row
from jobs.sections.correlation_row import NO_PAIRS, correlation_row
from jobs.sections.evidence import Evidence, Rows, crosstab_rows, moments
from transforms import columns as c
from transforms.correlations import correlate
from transforms.crosstabs import crosstab
from transforms.groups import study_groups

SECTION = "platforms"
GROUPS = (c.COHORT, c.POPULATION)
# Single combinations are compared only where the combinations differ as a whole.
GATE = 0.05


def build(evidence: Evidence) -> Rows:
    """Return `crosstabs`, `correlations`, `associations` and, behind the gate, `comparisons`."""
    if evidence.definition.sections.platforms is None:
        return {}
    cells = evidence.collect("platforms", lambda: _cells(evidence.customers))
    associations, comparisons = [], []
    for group in GROUPS:
        combinations = _combinations(cells, group)
        row = health_anova(SECTION, group, c.PLATFORMS, combinations)
        associations.append(row)
        if row["p_value"] is not None and row["p_value"] < GATE:
            comparisons += _single_combinations(group, combinations)
    return {
        "crosstabs": crosstab_rows(SECTION, cells),
        "correlations": _correlations(evidence),
        "associations": associations,
        "comparisons": comparisons,
    }


def _cells(customers: DataFrame) -> DataFrame:
    by_combination = crosstab(customers, study_groups(GROUPS), row=c.PLATFORMS)
    by_number = crosstab(customers, study_groups(GROUPS), row=c.NUMBER_OF_PLATFORMS, no_value=c.UNKNOWN)
    return by_combination.unionByName(by_number)


def _combinations(cells: list[dict[str, Any]], group: str) -> dict[str, Moments]:
    """Return health's moments per known combination: the cells already hold them."""
    return {
        cell["row_value"]: moments(cell, "health")
        for cell in cells
        if cell[c.GROUP] == group and cell["row_dimension"] == c.PLATFORMS and cell["row_value"] != c.UNKNOWN
    }


def _correlations(evidence: Evidence) -> list[dict[str, Any]]:
    def build() -> DataFrame:
        return correlate(
            evidence.customers, study_groups(GROUPS), c.NUMBER_OF_PLATFORMS, c.HEALTH, exact=evidence.exact
        )

    found = {row[c.GROUP]: row for row in evidence.collect("platforms_and_health", build)}
    return [
        correlation_row(evidence, SECTION, group, c.NUMBER_OF_PLATFORMS, c.HEALTH, found.get(group, NO_PAIRS))
        for group in GROUPS
    ]


def _single_combinations(group: str, combinations: Mapping[str, Moments]) -> list[dict[str, Any]]:
    rows = []
    for name in sorted(combinations):
        others = pooled([m for other, m in combinations.items() if other != name])
        a = combinations[name]
        rows.append(
            comparison_row(SECTION, group, c.HEALTH, (name, a), ("other_combinations", others), welch(a, others))
        )
    return rows
