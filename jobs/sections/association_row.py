"""One row of the table `associations`, and Welch's test of health over a category."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from jobs.inference import Moments, TestResult, welch_anova
from transforms import columns as c

UNTESTED = (c.MISSING, c.UNKNOWN)


def association_row(section: str, group: str, x: str, y: str, test: str, found: TestResult) -> dict[str, Any]:
    """Return the row; `p_adjusted` is filled over the whole family later."""
    return {
        "section": section,
        "group_name": group,
        "x": x,
        "y": y,
        "n": found.n,
        "test": test,
        "statistic": found.statistic,
        "df": found.df,
        "df_residual": found.df_residual,
        "p_value": found.p_value,
        "p_adjusted": None,
        "cramers_v": found.cramers_v,
    }


def category_moments(rows: Sequence[Mapping[str, Any]], group: str, dimension: str) -> dict[str, Moments]:
    """Return health's moments per value of a dimension; missing and unknown values take no part."""
    return {
        str(row["value"]): Moments(int(row["n"]), row["mean"], (row["variance"] or 0.0) ** 0.5)
        for row in rows
        if row[c.GROUP] == group and row["dimension"] == dimension and row["value"] not in UNTESTED
    }


def health_anova(section: str, group: str, dimension: str, moments: Mapping[str, Moments]) -> dict[str, Any]:
    """Return the row of Welch's analysis of variance of health over one category."""
    found = welch_anova(list(moments.values()))
    return association_row(section, group, dimension, c.HEALTH, "welch_anova", found)
