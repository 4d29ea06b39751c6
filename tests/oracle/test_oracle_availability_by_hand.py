"""What the oracle leaves out where tables are empty, absent or narrow, and what it still computes."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from tests.oracle import connect, oracle
from tests.oracle.by_hand import FLAGGED, SCHEMAS, activity, definition, funnel, lake, row, value
from tests.oracle.compare import KEYS
from tests.oracle.lake import TABLES

HEALTH, LTV = (
    {"column": "customer_health_score", "unit": "points"},
    {"column": "estimated_customer_ltv", "unit": "currency"},
)
RISKY = [{"name": "high", "all": [{"column": "activity_risk_level", "operator": "=", "value": "High"}]}]
RICH = [{"name": "high", "all": [{"column": "monetary_score", "operator": ">=", "value": 4}]}]
KPI = {"measure": "churn_probability", "target_ratio": 0.5, "alarm_ratio": 2.0}
STRATEGIES = {"call": {"owner": "sales", "due_days": 1, "kpi": KPI}}


def obstacles(found: dict[str, Any]) -> set[tuple[Any, ...]]:
    return {(one["section"], one["column_name"], one["reason"], one["effect"]) for one in found["obstacles"]}


def test_a_cohort_whose_columns_cannot_be_had_leaves_its_attrition_only() -> None:
    cohort = [
        {"column": "marketing_to_sales_days", "operator": "between", "value": [10, 20]},
        {"column": "composite_engagement_score", "operator": ">", "statistic": "mean"},
    ]
    sections = {"cohort_profile": {"measures": [LTV]}, "tier_ltv": {}, "risk_velocity": {"framework": []}}
    found = oracle(lake(activity=[], funnel=[], value=[value("a", "Gold", 1.0)]), definition(cohort, sections))
    assert [(one["step"], one["n_remaining"]) for one in found["attrition"]] == [(0, 0), (1, 0), (2, 0)]
    assert {table: found[table] for table in KEYS if table != "attrition" and found.get(table)} == {}
    assert obstacles(found) == {
        ("all", None, "empty_table", "analysis_not_computed"),
    }
    assert {one["table_name"] for one in found["obstacles"]} == {TABLES["activity"], TABLES["funnel"]}


def test_a_section_goes_with_a_column_it_cannot_do_without() -> None:
    sections = {
        "cohort_profile": {"measures": [HEALTH, LTV]},
        "tier_ltv": {},
        "channels": {"dimensions": ["primary_engagement_channel", "risk_category"]},
        "platforms": {},
        "value_risk": {"value_levels": RICH, "risk_levels": RISKY, "cells": []},
        "risk_velocity": {"framework": []},
        "alerts": {"rules": [RISKY[0] | {"level": "red", "strategy": "call"}]},
    }
    con = lake(activity=[activity("a", zendesk_active=1, activity_risk_level="High")], funnel=[])
    found = oracle(con, definition(FLAGGED, sections, recommend="value_risk", strategies=STRATEGIES))
    # No value table: no tiers, no LTV beside the empty funnel's, no scores, no risk category.
    assert {one["measure"] for one in found["measures"]} == {"customer_health_score"}
    assert {one["dimension"] for one in found["distributions"]} == {"primary_engagement_channel", "alert"}
    assert {one["section"] for one in found["crosstabs"]} == {"platforms", "risk_velocity", "alerts"}
    assert {one["section"] for one in found["comparisons"]} == {"cohort_profile"}
    assert found["strategies"] == []
    (member,) = found["cohort_members"]
    assert (member["risk_level"], member["value_level"], member["alert"]) == (None, None, "red")
    assert {one for one in obstacles(found) if one[3] == "section_dropped"} == {
        ("tier_ltv", None, "missing_table", "section_dropped"),
        ("value_risk", None, "missing_table", "section_dropped"),
        ("recommendations", None, "missing_table", "section_dropped"),
    }
    assert {one for one in obstacles(found) if one[3] == "measure_dropped"} == {
        ("cohort_profile", "estimated_customer_ltv", "missing_table", "measure_dropped"),
        ("channels", "risk_category", "missing_table", "measure_dropped"),
    }


def test_a_recommendation_stands_where_its_section_does_and_an_unknown_kpi_is_null() -> None:
    con = lake(activity=[activity("a", zendesk_active=1, activity_risk_level="High")])
    sections = {"alerts": {"rules": [RISKY[0] | {"level": "red", "strategy": "call"}]}}
    found = oracle(con, definition(FLAGGED, sections, recommend="alerts", strategies=STRATEGIES))
    (only,) = found["strategies"]
    assert (only["segment"], only["n"], only["value_at_stake"], only["kpi_now"]) == ("high", 1, 0.0, None)


def test_a_measure_of_segments_goes_alone() -> None:
    sections = {
        "segments": {
            "measures": [LTV, {"column": "marketing_to_sales_days", "unit": "days"}],
            "compare": [{"a": "high", "b": "others"}],
            "dimensions": ["customer_tier", "primary_engagement_channel"],
            "crosstabs": [{"row": "primary_engagement_channel", "column": "customer_tier"}],
            "correlations": [{"x": "marketing_to_sales_days", "y": "estimated_customer_ltv"}],
        }
    }
    wanted = {"analysis": "by_hand", "base": "value", "segments": {"rules": RICH}, "sections": sections}
    con = lake(activity=[], funnel=[], value=[value("a", "Gold", 1.0, monetary_score=5), value("b", "Gold", 2.0)])
    found = oracle(con, wanted)
    assert {one["measure"] for one in found["measures"]} == {"estimated_customer_ltv"}
    assert {one["dimension"] for one in found["distributions"]} == {"segment", "ltv_share", "customer_tier"}
    assert found["crosstabs"] == found["correlations"] == []
    assert obstacles(found) == {
        ("segments", "marketing_to_sales_days", "empty_table", "measure_dropped"),
        ("segments", "primary_engagement_channel", "empty_table", "measure_dropped"),
    }


def test_segments_without_the_columns_of_their_rules_are_dropped_with_consistency() -> None:
    segments = {"rules": [RISKY[0] | {"strategy": "call"}]}
    sections = {"segments": {"measures": [LTV], "compare": []}, "consistency": {}}
    wanted = {"analysis": "by_hand", "base": "value", "segments": segments, "sections": sections}
    wanted |= {"recommend": "segments", "strategies": STRATEGIES}
    found = oracle(lake(activity=[], value=[value("a", "Gold", 1.0)]), wanted)
    assert found["measures"] == found["distributions"] == found["strategies"] == []
    assert obstacles(found) == {("all", None, "empty_table", "analysis_not_computed")}


def test_a_column_that_its_table_lacks_is_told_from_an_empty_table() -> None:
    narrow = SCHEMAS["value"].remove(SCHEMAS["value"].get_field_index("churn_probability"))
    con = connect(
        {
            "activity": pa.Table.from_pylist([activity("a", zendesk_active=1)], SCHEMAS["activity"]),
            "value": pa.Table.from_pylist([{"primary_email": "a", "estimated_customer_ltv": 2.0}], narrow),
        }
    )
    sections = {"cohort_profile": {"measures": [LTV, {"column": "churn_probability", "unit": "share"}]}}
    found = oracle(con, definition(FLAGGED, sections))
    assert {one["measure"] for one in found["measures"]} == {"estimated_customer_ltv"}
    (only,) = found["obstacles"]
    assert (only["column_name"], only["reason"], only["effect"], only["remedy"]) == (
        *("churn_probability", "missing_column", "measure_dropped", "add_column"),
    )


def test_win_back_statistics_are_the_median_of_the_group_and_the_top_of_all() -> None:
    # Gold LTV 1 2 3 4: median 2.5; Basic 10 20 30: median 20 (equal is not above); no tier: nothing to exceed.
    held = {"g1": ("Gold", 1.0, 6), "g2": ("Gold", 2.0, 7), "g3": ("Gold", 3.0, 8), "g4": ("Gold", 4.0, 5)}
    held |= {"b1": ("Basic", 10.0, 4), "b2": ("Basic", 20.0, 8), "b3": ("Basic", 30.0, 6), "n": (None, 99.0, None)}
    cohort = [
        {"column": "estimated_customer_ltv", "operator": ">", "statistic": "median", "within": "customer_tier"},
        {"column": "days_since_last_activity", "operator": ">=", "statistic": "top_25"},
    ]
    con = lake(
        value=[value(email, tier, ltv, days_since_last_activity=days) for email, (tier, ltv, days) in held.items()]
    )
    wanted = {"analysis": "by_hand", "base": "value", "cohort": cohort, "sections": {}}
    found = oracle(con, wanted)
    # n has an LTV but no tier: nothing says whether it is above. Above their median: g3 g4 b3.
    # Days 4 5 6 6 7 8 8: a quarter of the customers reach 7.5.
    steps = [(one["n_remaining"], one["n_undecidable"], one["statistic_value"]) for one in found["attrition"]]
    assert steps == [(8, 0, None), (3, 1, None), (1, 0, 7.5)]
    assert {one["customer_key"] for one in found["cohort_members"]} == {"g3"}
    assert row(found["method_sensitivity"], method="latest_snapshot")["population_mean"] == 7.5


def test_a_predicate_may_use_a_column_that_no_table_holds() -> None:
    con = lake(
        value=[
            value("a", recency_score=5, frequency_score=5, monetary_score=2),
            value("b", recency_score=4, frequency_score=4, monetary_score=3),
            value("c", recency_score=None, frequency_score=5, monetary_score=5),
        ],
        funnel=[funnel("a", 1, 1)],
    )
    cohort = [{"column": "rfm_mean", "operator": ">=", "value": 4}]
    found = oracle(con, {"analysis": "by_hand", "base": "value", "cohort": cohort, "sections": {}})
    assert [one["customer_key"] for one in found["cohort_members"]] == ["a"]
    assert found["attrition"][1]["n_undecidable"] == 1
    by_rows = row(found["method_sensitivity"], method="naive_join")
    assert (by_rows["joined_rows"], by_rows["cohort_customers"]) == (None, None)


def test_segments_stand_where_only_the_cohort_cannot_be_had() -> None:
    wanted = {
        "analysis": "by_hand",
        "base": "value",
        "cohort": [RISKY[0]["all"][0]],
        "segments": {"rules": RICH},
        "sections": {
            "cohort_profile": {"measures": [LTV]},
            "segments": {"measures": [LTV], "compare": []},
        },
    }
    found = oracle(lake(activity=[], value=[value("a", "Gold", 1.0, monetary_score=5)]), wanted)
    assert {(one["section"], one["group_name"]) for one in found["measures"]} == {
        ("segments", "high"),
        ("segments", "remainder"),
        ("segments", "population"),
    }
    assert obstacles(found) == {("all", None, "empty_table", "cohort_not_computed")}
    assert [one["n_remaining"] for one in found["attrition"]] == [1, 0]
    assert found["method_sensitivity"] == []
    assert [one["left_table"] for one in found["match_rates"]] == [TABLES["value"]]


def test_nothing_is_computed_over_a_base_without_rows() -> None:
    wanted = definition(RICH[0]["all"], {"cohort_profile": {"measures": [LTV]}})
    found = oracle(lake(activity=[], value=[value("a", "Gold", 1.0, monetary_score=5)]), wanted)
    assert found["measures"] == []
    assert obstacles(found) == {("all", None, "empty_table", "analysis_not_computed")}
