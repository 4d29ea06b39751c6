"""Result table `distributions`, but for geography."""

from __future__ import annotations

from typing import Any

from tests.oracle.formulas import wilson
from tests.oracle.study import GROUPS, Study, values_sql

LEVELS = ["high", "medium", "low", "(none)"]


def distributions(study: Study) -> list[dict[str, Any]]:
    """One row per section, group, dimension and value."""
    rows: list[dict[str, Any]] = []
    for dimension in (study.section("channels") or {}).get("dimensions", []):
        value = f"coalesce(CAST(\"{dimension}\" AS VARCHAR), '(missing)')"
        held = f"(SELECT DISTINCT {value} AS value FROM customers)"
        rows += _distribution(study, "channels", dimension, value, held, GROUPS)
    both = ("cohort", "population")
    if study.framework:
        names = [segment["name"] for segment in study.framework] + ["(uncovered)"]
        value = "coalesce(framework_segment, '(uncovered)')"
        listed = values_sql(names, "value")
        rows += _distribution(study, "risk_velocity", "framework_segment", value, listed, both)
    if study.section("value_risk") is not None:
        listed = values_sql(LEVELS, "value")
        dimensions = [
            ("value_risk", "value_level", "value_level"),
            ("value_risk", "risk_level", "risk_level"),
        ]
        if study.graded_as_written:
            dimensions.append(("value_risk_as_written", "risk_level", "risk_level_as_written"))
        for section, dimension, column in dimensions:
            rows += _distribution(study, section, dimension, f"coalesce({column}, '(none)')", listed, both)
    return rows


def _distribution(
    study: Study, section: str, dimension: str, value: str, listed: str, groups: tuple[str, ...]
) -> list[dict[str, Any]]:
    """Count a value expression per group, over the listed values (a relation with column `value`)."""
    found = study.rows(
        f"""
        WITH placed AS (
            SELECT group_name, {value} AS value FROM membership JOIN customers USING (customer_key)
        ),
        cells AS (SELECT group_name, value, count(*) AS n FROM placed GROUP BY ALL),
        sizes AS (SELECT group_name, count(*) AS size FROM placed GROUP BY group_name)
        SELECT
            g.group_name, v.value, coalesce(c.n, 0) AS n, coalesce(s.size, 0) AS size,
            coalesce(p.n, 0) AS population_n, (SELECT count(*) FROM customers) AS population_size
        FROM {values_sql(groups, "group_name").replace("listed", "g", 1)}
        CROSS JOIN (SELECT value FROM {listed}) AS v
        LEFT JOIN cells AS c ON c.group_name = g.group_name AND c.value = v.value
        LEFT JOIN cells AS p ON p.group_name = 'population' AND p.value = v.value
        LEFT JOIN sizes AS s ON s.group_name = g.group_name
        """
    )
    return [_row(section, dimension, cell) for cell in found]


def _row(section: str, dimension: str, cell: dict[str, Any]) -> dict[str, Any]:
    share = cell["n"] / cell["size"] if cell["size"] else None
    population_share = cell["population_n"] / cell["population_size"] if cell["population_size"] else None
    low, high = wilson(cell["n"], cell["size"])
    return {
        "section": section,
        "group_name": cell["group_name"],
        "dimension": dimension,
        "value": cell["value"],
        "n": cell["n"],
        "share": share,
        "share_low": low,
        "share_high": high,
        "population_share": population_share,
        "index": 100 * share / population_share if share is not None and population_share else None,
    }
