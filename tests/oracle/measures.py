"""Result table `measures`."""

from __future__ import annotations

import math
from typing import Any

from tests.oracle.formulas import Sample, mean_interval
from tests.oracle.lake import published_name
from tests.oracle.samples import measure_sql
from tests.oracle.sources import LTV
from tests.oracle.study import GROUPS, Study, values_sql

LTV_UNIT = "currency"


def measures(study: Study) -> list[dict[str, Any]]:
    """One row per section, group and measure."""
    profile = (study.section("cohort_profile") or {}).get("measures", [])
    wanted = [("cohort_profile", item["column"], item["unit"]) for item in profile]
    if study.section("tier_ltv") is not None:
        wanted.append(("tier_ltv", LTV, LTV_UNIT))
    method = study.method
    return [
        _row(study, described, section, measure, unit, method)
        for section, measure, unit in wanted
        for described in _describe(study, measure_sql(measure, unit))
    ]


def _describe(study: Study, expression: str) -> list[dict[str, Any]]:
    return study.rows(
        f"""
        WITH present AS (
            SELECT group_name, {expression} AS x FROM membership JOIN customers USING (customer_key)
        ),
        described AS (
            SELECT
                group_name, count(*) AS size, count(x) AS n,
                plain_mean(x) AS mean, sample_variance(x) AS variance,
                quantile_cont(x, 0.5) AS median, quantile_cont(x, 0.1) AS p10, quantile_cont(x, 0.25) AS p25,
                quantile_cont(x, 0.75) AS p75, quantile_cont(x, 0.9) AS p90
            FROM present GROUP BY group_name
        ),
        inner_values AS (
            SELECT group_name, plain_mean(x) AS trimmed_mean
            FROM present JOIN described USING (group_name) WHERE x BETWEEN p10 AND p90 GROUP BY group_name
        )
        SELECT group_name, coalesce(size, 0) AS size, coalesce(n, 0) AS n,
            described.* EXCLUDE (group_name, size, n), trimmed_mean
        FROM {values_sql(GROUPS, "group_name")}
        LEFT JOIN described USING (group_name) LEFT JOIN inner_values USING (group_name)
        """
    )


def _row(study: Study, described: dict[str, Any], section: str, measure: str, unit: str, method: str) -> dict[str, Any]:
    low, high = mean_interval(Sample(described["n"], described["mean"], described["variance"]))
    variance = described["variance"]
    return {
        "section": section,
        "group_name": described["group_name"],
        "measure": measure,
        "unit": unit,
        "n": described["n"],
        "n_missing": described["size"] - described["n"],
        "mean": described["mean"],
        "stddev": None if variance is None else math.sqrt(variance),
        **{name: described[name] for name in ("median", "p10", "p25", "p75", "p90", "trimmed_mean")},
        "ci_low": low,
        "ci_high": high,
        "method": method,
        "by_definition": study.by_definition(measure),
        "source_table": published_name(study.sources.role(measure)),
    }
