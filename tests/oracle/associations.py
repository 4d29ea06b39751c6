"""Result table `associations`."""

from __future__ import annotations

import math
from typing import Any

from tests.oracle.formulas import Anova, chi_square_tail, welch_anova
from tests.oracle.rules import literal
from tests.oracle.samples import measure_sql, samples_by
from tests.oracle.study import Study

HEALTH = "customer_health_score"


def associations(study: Study) -> list[dict[str, Any]]:
    """One row per section, group and pair; p_adjusted is filled later."""
    rows = [
        _chi_square(study, "channels", "cohort", dimension, "SELECT in_cohort AS side, * FROM customers")
        for dimension in (study.section("channels") or {}).get("dimensions", [])
    ]
    for section, categories in (
        ("platforms", ["platforms"]),
        ("risk_velocity", ["activity_risk_level", "engagement_velocity"]),
    ):
        if study.section(section) is not None:
            rows += [
                _anova_row(section, group, category, health_anova(study, group, category))
                for group in ("cohort", "population")
                for category in categories
            ]
    return rows + _of_segments(study)


def _of_segments(study: Study) -> list[dict[str, Any]]:
    """One segment against the other, for every dimension that the rules of the two do not fix."""
    return [
        _chi_square(
            study,
            "segments",
            f"{a}_vs_{b}",
            dimension,
            f"SELECT group_name AS side, customers.* FROM segment_membership JOIN customers USING (customer_key)"
            f" WHERE group_name IN ({literal(a)}, {literal(b)})",
        )
        for a, b in study.pairs
        for dimension in (study.section("segments") or {}).get("dimensions", [])
        if not study.by_segments(dimension, [a, b])
    ]


def platform_anova(study: Study, group: str) -> Anova:
    """Return the analysis of variance of health over platform combinations in a group."""
    return health_anova(study, group, "platforms")


def health_anova(study: Study, group: str, category: str) -> Anova:
    """Return the analysis of variance of health over a category; unknown and missing left out."""
    known = f"{category} IS NOT NULL" + (" AND platforms <> 'unknown'" if category == "platforms" else "")
    relation = f"membership JOIN customers USING (customer_key) WHERE group_name = '{group}' AND {known}"
    samples = samples_by(study, measure_sql(HEALTH), category, relation)
    return welch_anova([samples[name] for name in sorted(samples)])


def _chi_square(study: Study, section: str, x: str, dimension: str, customers: str) -> dict[str, Any]:
    """Compare two sides (column `side` of a relation of customers): expected = row total x column total / all."""
    found = study.one(
        f"""
        WITH cells AS (
            SELECT
                side, coalesce(CAST("{dimension}" AS VARCHAR), '(missing)') AS value,
                count(*) AS observed
            FROM ({customers}) GROUP BY ALL
        ),
        rows_total AS (SELECT side, sum(observed) AS row_total FROM cells GROUP BY side),
        columns_total AS (SELECT value, sum(observed) AS column_total FROM cells GROUP BY value),
        expected AS (
            SELECT coalesce(observed, 0) AS observed,
                row_total::DOUBLE * column_total / (SELECT sum(observed) FROM cells) AS expected
            FROM rows_total CROSS JOIN columns_total LEFT JOIN cells USING (side, value)
        )
        SELECT
            CAST(coalesce((SELECT sum(observed) FROM cells), 0) AS BIGINT) AS n,
            (SELECT count(*) FROM rows_total) AS r,
            (SELECT count(*) FROM columns_total) AS k,
            (SELECT fsum((observed - expected) ** 2 / expected) FROM expected) AS chi2
        """
    )
    row = _row(section, "population", x, dimension, "chi_square", found["n"])
    if found["r"] < 2 or found["k"] < 2:
        return row
    freedom = (found["r"] - 1) * (found["k"] - 1)
    return row | {
        "statistic": found["chi2"],
        "df": float(freedom),
        "p_value": chi_square_tail(found["chi2"], freedom),
        "cramers_v": math.sqrt(found["chi2"] / (found["n"] * (min(found["r"], found["k"]) - 1))),
    }


def _anova_row(section: str, group: str, category: str, anova: Anova) -> dict[str, Any]:
    return _row(section, group, category, HEALTH, "welch_anova", anova.n) | {
        "statistic": anova.statistic,
        "df": anova.df,
        "df_residual": anova.df_residual,
        "p_value": anova.p_value,
    }


def _row(section: str, group: str, x: str, y: str, test: str, n: int) -> dict[str, Any]:
    return {
        "section": section,
        "group_name": group,
        "x": x,
        "y": y,
        "n": n,
        "test": test,
        "statistic": None,
        "df": None,
        "df_residual": None,
        "p_value": None,
        "p_adjusted": None,
        "cramers_v": None,
    }
