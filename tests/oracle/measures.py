"""Result table `measures`."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from tests.oracle.derived import PARENTS
from tests.oracle.formulas import Sample, mean_interval
from tests.oracle.indices import INDICES, Indices, Thresholds, part_column
from tests.oracle.lake import published_name
from tests.oracle.samples import measure_sql
from tests.oracle.sources import LTV
from tests.oracle.study import GROUPS, Study, values_sql

LTV_UNIT = "currency"


def measures(study: Study, indices: Indices | None) -> list[dict[str, Any]]:
    """One row per section, group and measure."""
    profile = (study.section("cohort_profile") or {}).get("measures", [])
    wanted = [("cohort_profile", item["column"], item["unit"]) for item in profile]
    if study.section("tier_ltv") is not None:
        wanted.append(("tier_ltv", LTV, LTV_UNIT))
    rows = []
    for section, measure, unit in wanted:
        facts = {"by_definition": study.by_definition(measure), "source_table": source_table(study, measure)}
        for described in _describe(study, measure_sql(measure, unit), "membership", GROUPS):
            rows.append(_row(study, described, section, measure, unit) | facts)
    rows += _of_segments(study)
    return rows + (_of_indices(study, indices) if indices else [])


def segment_measures(study: Study) -> list[tuple[str, str, str]]:
    """Return section, column and unit of everything described and compared between segments."""
    return [
        (section, item["column"], item["unit"])
        for section in ("segments", "consistency")
        for item in (study.section(section) or {}).get("measures", [])
    ]


def source_table(study: Study, measure: str) -> str | None:
    """Return the full name of the table a measure is read from; null where it is worked out."""
    return None if measure in PARENTS else published_name(study.sources.role(measure))


def _of_segments(study: Study) -> list[dict[str, Any]]:
    rows = []
    for section, measure, unit in segment_measures(study):
        for described in _describe(study, measure_sql(measure, unit), "segment_membership", study.segment_groups):
            group = described["group_name"]
            facts = {
                "by_definition": group != "population" and study.by_segments(measure, [group]),
                "source_table": source_table(study, measure),
            }
            rows.append(_row(study, described, section, measure, unit) | facts)
    return rows


def _of_indices(study: Study, indices: Indices) -> list[dict[str, Any]]:
    section = study.section("indices") or {}
    rows = []
    for index in INDICES:
        name = f"{index}_index"
        parts = [part_column(index, part) for part in section[index]["parts"]]
        for measure in (name, *parts):
            (described,) = _describe(study, f'"{measure}"', "membership", ["cohort"])
            thresholds = indices.thresholds[name] if measure == name else Thresholds(None, None)
            rows.append(
                _row(study, described, "indices", measure, "points")
                | {"p33": thresholds.p33, "p67": thresholds.p67, "by_definition": False, "source_table": None}
            )
    return rows


def _describe(study: Study, expression: str, membership: str, groups: Sequence[str]) -> list[dict[str, Any]]:
    return study.rows(
        f"""
        WITH present AS (
            SELECT group_name, {expression} AS x FROM {membership} JOIN customers USING (customer_key)
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
        FROM {values_sql(groups, "group_name")}
        LEFT JOIN described USING (group_name) LEFT JOIN inner_values USING (group_name)
        """
    )


def _row(study: Study, described: dict[str, Any], section: str, measure: str, unit: str) -> dict[str, Any]:
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
        "p33": None,
        "p67": None,
        "ci_low": low,
        "ci_high": high,
        "method": study.method,
    }
