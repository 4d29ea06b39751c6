"""What a run prints: the cohort or why there is none, segments, and nothing of groups too small."""

from __future__ import annotations

from typing import Any

import pytest

from jobs.definition import load_definition
from jobs.headlines import headline
from jobs.run import Outcome

ACTIVITY = "customer360__customer_activity_metrics"


def _outcome(analysis: str, **rows: list[dict[str, Any]]) -> Outcome:
    tables = ("attrition", "method_sensitivity", "comparisons", "distributions", "obstacles")
    return Outcome(
        definition=load_definition(analysis),
        run_id="r1",
        report_uri="reports/r1",
        published_now=True,
        rows={name: rows.get(name, []) for name in tables},
    )


def _compared(measure: str, n: tuple[int, int], interval: tuple[float, float] | None) -> dict[str, Any]:
    low, high = interval or (None, None)
    groups = {"group_a": "high_value_enterprise", "group_b": "basic_tier", "n_a": n[0], "n_b": n[1]}
    return {"section": "segments", "measure": measure, "difference": 1.5, "ci_low": low, "ci_high": high, **groups}


def _segment(name: str, n: int) -> dict[str, Any]:
    return {"section": "segments", "dimension": "segment", "value": name, "n": n}


@pytest.mark.parametrize("effect", ["analysis_not_computed", "cohort_not_computed"])
def test_why_there_is_no_cohort_stands_where_its_size_would(effect: str) -> None:
    gap = {"effect": effect, "reason": "empty_table", "table_name": ACTIVITY, "column_name": None}
    other = {"effect": "section_dropped", "reason": "missing_column", "table_name": ACTIVITY, "column_name": "x"}
    missing = {**other, "effect": effect}
    found = headline(
        _outcome("conversion_behaviour", attrition=[{"step": 0, "n_remaining": 0}], obstacles=[other, gap, missing])
    )
    assert found.splitlines()[1:] == [
        f"  cannot be computed: table {ACTIVITY} is empty",
        f"  cannot be computed: table {ACTIVITY} has no column x",
        "  published; report: reports/r1",
    ]


def test_the_first_difference_that_has_an_interval_and_large_groups_is_printed() -> None:
    sizes = [_segment("high_value_enterprise", 1200), _segment("middle_tiers", 4), _segment("basic_tier", 5)]
    compared = [
        _compared("churn_probability", (9, 9), (-0.5, 3.5)),
        _compared("estimated_customer_ltv", (9, 9), None),
        _compared("customer_health_score", (9, 4), (0.5, 2.5)),
        _compared("recency_score", (9, 5), (1.0, 2.0)),
    ]
    found = headline(_outcome("limited_data_value", distributions=sizes, comparisons=compared)).splitlines()
    assert found[1:3] == [
        "  customers by segment: high_value_enterprise 1,200, basic_tier (withheld), middle_tiers fewer than 5",
        "  mean recency_score of high_value_enterprise against basic_tier: +1.50 (95% interval +1.00 to +2.00)",
    ]


def test_segments_that_were_not_computed_are_not_printed() -> None:
    assert headline(_outcome("limited_data_value")).splitlines()[1:] == ["  published; report: reports/r1"]
