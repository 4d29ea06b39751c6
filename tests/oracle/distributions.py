"""Result table `distributions`, but for geography."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tests.oracle.formulas import wilson
from tests.oracle.sources import LTV
from tests.oracle.study import GROUPS, Study, values_sql

LEVELS = ["high", "medium", "low", "(none)"]
ALERTS = ["red", "amber", "(none)"]
# A share of the cohort alone, or of the whole, has nothing to be measured against.
_ALONE = {"population_share": None, "index": None}


def distributions(study: Study) -> list[dict[str, Any]]:
    """One row per section, group, dimension and value."""
    rows: list[dict[str, Any]] = []
    for dimension in (study.section("channels") or {}).get("dimensions", []):
        rows += _distribution(study, "channels", dimension, *_category(dimension), GROUPS)
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
    return rows + _of_cohort(study) + _of_segments(study)


def _of_cohort(study: Study) -> list[dict[str, Any]]:
    """Levels of the indices, and alerts: of the cohort only."""
    wanted = []
    if study.section("indices") is not None:
        wanted += [("indices", column, LEVELS) for column in ("value_index_level", "risk_index_level")]
    if study.section("alerts") is not None:
        wanted.append(("alerts", "alert", ALERTS))
    return [
        row | _ALONE
        for section, column, names in wanted
        for row in _distribution(
            study, section, column, f"coalesce({column}, '(none)')", values_sql(names, "value"), ["cohort"]
        )
    ]


def _of_segments(study: Study) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    groups = [*study.segments, "population"]
    section = study.section("segments")
    if section is not None:
        segments = values_sql(study.segments, "value")
        sizes = _distribution(study, "segments", "segment", "segment", segments, ["population"], "segment_membership")
        rows += [row | _ALONE for row in sizes] + _ltv_shares(study)
        for dimension in section.get("dimensions", []):
            found = _category(dimension)
            rows += _distribution(study, "segments", dimension, *found, groups, "segment_membership")
    if study.section("consistency") is not None and study.fills("imbalance_bin"):
        found = _category("imbalance_bin")
        rows += _distribution(study, "consistency", "imbalance_bin", *found, groups, "segment_membership")
    return rows


def _ltv_shares(study: Study) -> list[dict[str, Any]]:
    """What part of all LTV each segment holds."""
    found = study.rows(
        f"""
        WITH held AS (
            SELECT segment AS value, count({LTV}) AS n, fsum(CAST({LTV} AS DOUBLE)) AS ltv
            FROM customers GROUP BY segment
        )
        SELECT value, coalesce(n, 0) AS n,
            coalesce(ltv, 0) / nullif((SELECT fsum(CAST({LTV} AS DOUBLE)) FROM customers), 0) AS share
        FROM {values_sql(study.segments, "value")} LEFT JOIN held USING (value)
        """
    )
    nothing = dict.fromkeys(("share_low", "share_high", "population_share", "index"))
    where = {"section": "segments", "group_name": "population", "dimension": "ltv_share"}
    return [where | cell | nothing for cell in found]


def _category(dimension: str) -> tuple[str, str]:
    """Return the expression of a category's value, and the relation of the values the population holds."""
    value = f"coalesce(CAST(\"{dimension}\" AS VARCHAR), '(missing)')"
    return value, f"(SELECT DISTINCT {value} AS value FROM customers)"


def _distribution(
    study: Study,
    section: str,
    dimension: str,
    value: str,
    listed: str,
    groups: Sequence[str],
    membership: str = "membership",
) -> list[dict[str, Any]]:
    """Count a value expression per group, over the listed values (a relation with column `value`)."""
    found = study.rows(
        f"""
        WITH placed AS (
            SELECT group_name, {value} AS value FROM {membership} JOIN customers USING (customer_key)
        ),
        cells AS (SELECT group_name, value, count(*) AS n FROM placed GROUP BY ALL),
        sizes AS (SELECT group_name, count(*) AS size FROM placed GROUP BY group_name)
        SELECT
            g.group_name, v.value, coalesce(c.n, 0) AS n, coalesce(s.size, 0) AS size,
            coalesce(p.n, 0) AS population_n, (SELECT count(*) FROM customers) AS population_size
        FROM {values_sql(groups, "group_name", "g")}
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
