"""Segments, their comparison, and engagement consistency of the oracle against numbers worked by hand."""

from __future__ import annotations

import math
from typing import Any

import duckdb
import pytest

from tests.oracle import oracle
from tests.oracle.by_hand import activity, approx, funnel, lake, row, value
from tests.oracle.lake import TABLES

NOT_ACTIVITY = ("customer_health_score", "lifecycle_stage", "customer_segment")
TIER_IS_GOLD = {"column": "customer_tier", "operator": "=", "value": "Gold"}
SEGMENTS = {
    "rules": [
        {"name": "gold", "all": [TIER_IS_GOLD], "strategy": "serve"},
        {
            "name": "recent",
            "any": [
                {"column": "recency_score", "operator": ">=", "value": 5},
                {"column": "recency_score", "operator": "=", "value": 4},
            ],
            "strategy": "grow",
        },
    ],
    "remainder": {"name": "rest"},
}
KPI = {"measure": "churn_probability", "target_ratio": 0.5, "alarm_ratio": 2.0}
STRATEGIES = {name: {"owner": "sales", "due_days": 30, "kpi": KPI} for name in ("serve", "grow")}
COMPARED = {
    "measures": [
        {"column": "estimated_customer_ltv", "unit": "currency"},
        {"column": "recency_score", "unit": "score_1_5"},
        {"column": "rfm_mean", "unit": "score_1_5"},
        {"column": "weighted_rfm", "unit": "score_1_5"},
        {"column": "account_age_days", "unit": "days"},
    ],
    "compare": [{"a": "gold", "b": "others"}, {"a": "gold", "b": "recent"}],
    "dimensions": ["lifecycle_stage", "customer_tier"],
    "crosstabs": [{"row": "age_band", "column": "customer_tier"}],
    "correlations": [{"x": "account_age_days", "y": "estimated_customer_ltv"}],
}
# tier, LTV, (R, F, M), the table's own mean, age, inactive days, churn, stage, health
HELD: dict[str, tuple[Any, ...]] = {
    "a": ("Gold", 100.0, (5, 5, 5), 5.0, 180, 90, 0.5, "Growth", 10.0),
    "b": ("Gold", 300.0, (1, 2, 3), 2.01, 181, 0, 0.25, "Growth", 20.0),
    "c": ("Basic", 50.0, (4, 4, 1), 3.004, 365, 73, 0.5, "Dormant", 30.0),
    "d": ("Basic", 30.0, (5, 4, 5), 4.67, 366, None, None, "Growth", 40.0),
    "e": ("Basic", 20.0, (1, 1, 2), 1.33, 730, 800, 1.0, None, 50.0),
    # No tier and no scores: no rule can be decided.
    "f": (None, None, (None, 3, 3), None, 731, 10, 0.5, "Dormant", None),
    # An account of no age has no rate; nor has one of a negative age.
    "g": ("Basic", 40.0, (2, 2, 2), 2.0, 0, 5, 0.0, "Growth", 60.0),
    "h": ("Basic", 20_000.0, (3, 3, 3), 3.0, -7, 5, 0.5, "Growth", 70.0),
}


def segmented_lake(**more: list[dict[str, Any]]) -> duckdb.DuckDBPyConnection:
    rows = [
        value(
            email,
            tier,
            ltv,
            **dict(zip(("recency_score", "frequency_score", "monetary_score"), scores, strict=True)),
            rfm_avg_score=average,
            account_age_days=age,
            days_since_last_activity=inactive,
            churn_probability=churn,
            lifecycle_stage=stage,
            customer_health_score=health,
        )
        for email, (tier, ltv, scores, average, age, inactive, churn, stage, health) in HELD.items()
    ]
    return lake(value=rows, **more)


def of_segments(sections: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "analysis": "by_hand",
        "base": "value",
        "columns": dict.fromkeys(NOT_ACTIVITY, "value"),
        "derived_from": {"estimated_customer_ltv": ["customer_tier"]},
        "segments": SEGMENTS,
        "sections": sections,
    } | more


@pytest.fixture(scope="module")
def segmented() -> dict[str, Any]:
    wanted = of_segments({"segments": COMPARED}, recommend="segments", strategies=STRATEGIES)
    return oracle(segmented_lake(), wanted)


# --- segments -----------------------------------------------------------------------------------


def test_the_first_rule_that_matches_places_a_customer_and_nobody_is_lost(segmented: dict[str, Any]) -> None:
    # a is gold before being recent; f matches nothing it could be asked.
    sizes = {one["value"]: one for one in segmented["distributions"] if one["dimension"] == "segment"}
    assert {name: (one["n"], one["share"]) for name, one in sizes.items()} == {
        "gold": (2, 0.25),
        "recent": (2, 0.25),
        "rest": (4, 0.5),
    }
    assert {(one["group_name"], one["population_share"], one["index"]) for one in sizes.values()} == {
        ("population", None, None)
    }


def test_without_a_cohort_nobody_is_in_it(segmented: dict[str, Any]) -> None:
    assert [(one["step"], one["n_remaining"]) for one in segmented["attrition"]] == [(0, 8)]
    assert segmented["cohort_members"] == segmented["method_sensitivity"] == []


def test_measures_describe_segments_everybody_outside_one_and_the_population(segmented: dict[str, Any]) -> None:
    ltv = {one["group_name"]: one for one in segmented["measures"] if one["measure"] == "estimated_customer_ltv"}
    assert {group: (one["n"], one["n_missing"], one["mean"]) for group, one in ltv.items()} == {
        "gold": (2, 0, 200.0),
        "recent": (2, 0, 40.0),
        "rest": (3, 1, approx(20_060 / 3)),
        # 50, 30, 20, 40 and 20000; f has none
        "not_gold": (5, 1, 4028.0),
        "population": (7, 1, approx(20_540 / 7)),
    }
    assert ltv["gold"]["source_table"] == TABLES["value"]
    weighted = row(segmented["measures"], group_name="gold", measure="weighted_rfm")
    # a 5; b .3 + .6 + 1.2
    assert (weighted["mean"], weighted["source_table"]) == (approx(3.55), None)
    assert row(segmented["measures"], group_name="rest", measure="rfm_mean")["n_missing"] == 1


def test_a_comparison_is_described_but_not_tested_where_a_rule_makes_the_difference(segmented: dict[str, Any]) -> None:
    flags = {(one["measure"], one["group_b"]): one["by_definition"] for one in segmented["comparisons"]}
    # LTV is derived from the tier; recency and what is made of it are in the rule of `recent`, not of gold.
    assert flags == {
        ("estimated_customer_ltv", "not_gold"): True,
        ("estimated_customer_ltv", "recent"): True,
        ("recency_score", "not_gold"): False,
        ("recency_score", "recent"): True,
        ("rfm_mean", "not_gold"): False,
        ("rfm_mean", "recent"): True,
        ("weighted_rfm", "not_gold"): False,
        ("weighted_rfm", "recent"): True,
        ("account_age_days", "not_gold"): False,
        ("account_age_days", "recent"): False,
    }
    against = row(segmented["comparisons"], measure="estimated_customer_ltv", group_b="recent")
    assert (against["n_a"], against["mean_a"], against["n_b"], against["mean_b"]) == (2, 200.0, 2, 40.0)
    assert (against["difference"], against["ratio"], against["p_value"]) == (160.0, 5.0, None)


def test_what_the_rules_leave_open_is_tested(segmented: dict[str, Any]) -> None:
    age = row(segmented["comparisons"], measure="account_age_days", group_b="recent")
    # 180 181 | 365 366: difference -185, both variances .5, error^2 .5, freedom 2; t = -185 / sqrt(.5).
    assert (age["difference"], age["stratum"], age["group_a"]) == (-185.0, "all", "gold")
    t = 185 / math.sqrt(0.5)
    # Two degrees of freedom have a closed tail: p = 1 - t / sqrt(2 + t^2), here about 1 / t^2.
    assert age["p_value"] == pytest.approx(1 - t / math.sqrt(2 + t * t), rel=1e-6)


def test_a_segment_holds_a_share_of_all_ltv(segmented: dict[str, Any]) -> None:
    held = {
        one["value"]: (one["n"], one["share"]) for one in segmented["distributions"] if one["dimension"] == "ltv_share"
    }
    assert held == {
        "gold": (2, approx(400 / 20_540)),
        "recent": (2, approx(80 / 20_540)),
        "rest": (3, approx(20_060 / 20_540)),
    }


def test_mixes_are_measured_against_the_population_and_tested_pair_by_pair(segmented: dict[str, Any]) -> None:
    stages = [one for one in segmented["distributions"] if one["dimension"] == "lifecycle_stage"]
    growth = row(stages, group_name="gold", value="Growth")
    # 2 of 2 against 5 of 8.
    assert (growth["n"], growth["share"], growth["population_share"], growth["index"]) == (2, 1.0, 0.625, 160.0)
    assert row(stages, group_name="recent", value="(missing)")["n"] == 0
    assert {one["group_name"] for one in stages} == {"gold", "recent", "rest", "population"}
    tests = {(one["x"], one["y"]): one for one in segmented["associations"]}
    # The tier makes gold: only the stage is tested.
    assert tests.keys() == {("gold_vs_not_gold", "lifecycle_stage"), ("gold_vs_recent", "lifecycle_stage")}
    # Growth 2 | 1, Dormant 0 | 1: expected 1.5 and .5, 4 x (.25 / 1.5 or .5) = 4/3; freedom 1.
    pair = tests["gold_vs_recent", "lifecycle_stage"]
    assert (pair["n"], pair["df"], pair["statistic"]) == (4, 1, approx(4 / 3))
    assert pair["cramers_v"] == approx(math.sqrt(1 / 3))
    assert tests["gold_vs_not_gold", "lifecycle_stage"]["n"] == 8


def test_age_bands_by_tier_hold_what_is_at_stake(segmented: dict[str, Any]) -> None:
    of = [one for one in segmented["crosstabs"] if one["group_name"] == "population"]
    cells = {(one["row_value"], one["column_value"]): (one["n"], one["value_at_stake"]) for one in of}
    assert cells == {
        ("<=180", "Gold"): (1, 50.0),
        ("181-365", "Gold"): (1, 75.0),
        ("181-365", "Basic"): (1, 25.0),
        ("366-730", "Basic"): (2, 30.0 + 20.0),
        (">730", "(missing)"): (1, 0.0),
        ("<=180", "Basic"): (2, 0.0 + 10_000.0),
    }
    assert {one["row_dimension"] for one in of} == {"age_band"}
    assert len([one for one in segmented["crosstabs"] if one["group_name"] == "gold"]) == 2


def test_a_correlation_is_given_for_every_segment(segmented: dict[str, Any]) -> None:
    found = {one["group_name"]: one for one in segmented["correlations"]}
    assert found.keys() == {"gold", "recent", "rest", "population"}
    assert (found["gold"]["n"], found["gold"]["pearson_r"], found["gold"]["p_value"]) == (2, approx(1.0), None)
    # Ranks of age -7 0 180 181 365 366 730 against LTV 20000 40 100 300 50 30 20: 7 3 5 6 4 2 1.
    # Spearman 1 - 6 (36 + 1 + 4 + 4 + 1 + 16 + 36) / (7 x 48).
    assert found["population"]["spearman_r"] == approx(1 - 6 * 98 / 336)


def test_segments_are_recommended_over_all_their_customers(segmented: dict[str, Any]) -> None:
    ranked = {one["segment"]: (one["priority"], one["n"], one["value_at_stake"]) for one in segmented["strategies"]}
    # a 50 + b 75; c 25 + d 30 (churn missing). The remainder has no strategy.
    assert ranked == {"gold": (1, 2, 125.0), "recent": (2, 2, 55.0), "(none)": (3, 4, 10020.0)}
    # KPI: mean churn of those who have one.
    kpis = {one["segment"]: one["kpi_now"] for one in segmented["strategies"]}
    assert kpis == {"gold": 0.375, "recent": 0.5, "(none)": None}


def test_a_mean_of_scores_that_is_not_the_tables_is_counted(segmented: dict[str, Any]) -> None:
    # b 2 against 2.01; c 3 against 3.004 is rounding.
    assert segmented["quality_counts"]["rfm_mean_differs"] == 1


def test_a_segment_of_nobody_keeps_its_rows() -> None:
    nobody = {"name": "nobody", "all": [{"column": "customer_tier", "operator": "=", "value": "Titanium"}]}
    segments = {"rules": [nobody, *SEGMENTS["rules"]]}
    compared = COMPARED | {"compare": [{"a": "nobody", "b": "others"}]}
    found = oracle(segmented_lake(), of_segments({"segments": compared, "consistency": {}}, segments=segments))
    ages = {one["group_name"]: one["n"] for one in found["measures"] if one["measure"] == "account_age_days"}
    assert ages == {"nobody": 0, "gold": 2, "recent": 2, "remainder": 4, "not_nobody": 8, "population": 8}
    assert row(found["distributions"], dimension="segment", value="nobody")["n"] == 0
    assert row(found["distributions"], dimension="ltv_share", value="nobody")["share"] == 0.0
    assert row(found["distributions"], group_name="nobody", value="Growth")["share"] is None
    compared_age = row(found["comparisons"], measure="account_age_days")
    assert (compared_age["n_a"], compared_age["n_b"], compared_age["difference"]) == (0, 8, None)
    assert {one["statistic"] for one in found["associations"]} == {None}


# --- consistency --------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def proxied() -> dict[str, Any]:
    return oracle(segmented_lake(), of_segments({"segments": COMPARED, "consistency": {}}))


def consistency_mean(found: dict[str, Any], group: str, measure: str) -> tuple[int, float | None]:
    one = row(found["measures"], section="consistency", group_name=group, measure=measure)
    return one["n"], one["mean"]


def test_without_a_funnel_declared_proxies_take_its_place(proxied: dict[str, Any]) -> None:
    of = [one for one in proxied["measures"] if one["section"] == "consistency"]
    assert {(one["measure"], one["unit"]) for one in of} == {
        ("rfm_consistency", "points"),
        ("rfm_variance", "points"),
        ("ltv_velocity_monthly", "currency"),
        ("monetary_imbalance", "points"),
        ("inactivity_ratio", "points"),
        ("activity_efficiency_proxy", "points"),
        ("health_index", "points"),
    }
    assert {one["group_name"] for one in of} == {"gold", "recent", "rest", "not_gold", "population"}
    replaced = {
        (one["column_name"], one["replaced_by"], one["reason"], one["effect"], one["section"])
        for one in proxied["obstacles"]
    }
    assert replaced == {
        ("cross_stage_engagement_consistency", "rfm_consistency", "missing_table", "replaced", "consistency"),
        ("revenue_velocity_monthly", "ltv_velocity_monthly", "missing_table", "replaced", "consistency"),
    }


def test_the_spread_of_the_scores_divides_by_three(proxied: dict[str, Any]) -> None:
    # b 1 2 3: (1 + 0 + 1) / 3; a has none. c 4 4 1: (1 + 1 + 4) / 3 = 2; d 5 4 5: (1/9 + 4/9 + 1/9) / 3.
    assert consistency_mean(proxied, "gold", "rfm_variance") == (2, approx(1 / 3))
    assert consistency_mean(proxied, "recent", "rfm_variance") == (2, approx((2 + 2 / 9) / 2))
    # The mean of 1 and of 1 / (1 + 2/3).
    assert consistency_mean(proxied, "gold", "rfm_consistency") == (2, approx(0.8))


def test_rates_per_age_are_missing_where_there_is_no_age(proxied: dict[str, Any]) -> None:
    # a 100 in 180 days, b 300 in 181.
    velocity = consistency_mean(proxied, "gold", "ltv_velocity_monthly")
    assert velocity == (2, approx((100 / (180 / 30.44) + 300 / (181 / 30.44)) / 2))
    # rest: e 800/730, f 10/731; g of age 0 and h of age -7 have none.
    ratio = (800 / 730 + 10 / 731) / 2
    assert consistency_mean(proxied, "rest", "inactivity_ratio") == (2, approx(ratio))
    assert consistency_mean(proxied, "rest", "activity_efficiency_proxy") == (2, approx(1 - ratio))
    # d is without a last activity
    assert consistency_mean(proxied, "recent", "inactivity_ratio") == (1, approx(0.2))


def test_the_health_index_caps_ltv_and_scales_health_over_the_population(proxied: dict[str, Any]) -> None:
    # Health runs from 10 to 70. a: 0 + .3 x .5 + .2 x .01; b: .5 x 10/60 + .3 x .75 + .2 x .03.
    gold = (0.15 + 0.002 + 0.5 / 6 + 0.225 + 0.006) / 2
    assert consistency_mean(proxied, "gold", "health_index") == (2, approx(gold))
    # e: .5 x 40/60 + 0 + .2 x .002; g: .5 x 50/60 + .3 + .2 x .004; h: .5 + .15 + .2; f lacks health and LTV.
    rest = (1 / 3 + 0.0004 + 2.5 / 6 + 0.3 + 0.0008 + 0.85) / 3
    assert consistency_mean(proxied, "rest", "health_index") == (3, approx(rest))


def test_imbalance_bins_close_on_the_right(proxied: dict[str, Any]) -> None:
    of = [one for one in proxied["distributions"] if one["dimension"] == "imbalance_bin"]
    # M - (R+F)/2: a 0, b 1.5, c -3, d .5, e 1, f missing, g 0, h 0.
    population = {one["value"]: one["n"] for one in of if one["group_name"] == "population"}
    assert population == {"<=0": 4, "0-0.5": 1, ">0.5": 2, "(missing)": 1}
    assert row(of, group_name="recent", value="0-0.5")["share"] == 0.5
    assert {one["group_name"] for one in of} == {"gold", "recent", "rest", "population"}


def test_consistency_is_correlated_with_velocity_in_every_segment(proxied: dict[str, Any]) -> None:
    of = {one["group_name"]: one for one in proxied["correlations"] if one["section"] == "consistency"}
    assert of.keys() == {"gold", "recent", "rest", "population"}
    assert {(one["x"], one["y"]) for one in of.values()} == {("rfm_consistency", "ltv_velocity_monthly")}
    # Known to both: a b, c d, e.
    assert {group: one["n"] for group, one in of.items()} == {"gold": 2, "recent": 2, "rest": 1, "population": 5}


def test_with_a_funnel_its_own_measures_are_used_and_compared() -> None:
    own = {"cross_stage_engagement_consistency": 0.5, "revenue_velocity_monthly": 8.0}
    con = segmented_lake(funnel=[funnel("a", 1, 1) | own, funnel("c", 1, 1) | own, activity("z")])
    found = oracle(con, of_segments({"segments": COMPARED, "consistency": {}}))
    measures = {one["measure"]: one["source_table"] for one in found["measures"] if one["section"] == "consistency"}
    assert measures.keys() == {
        *own,
        *("monetary_imbalance", "inactivity_ratio", "activity_efficiency_proxy", "health_index"),
    }
    assert measures["revenue_velocity_monthly"] == TABLES["funnel"]
    assert consistency_mean(found, "population", "cross_stage_engagement_consistency") == (2, 0.5)
    assert {one["x"] for one in found["correlations"] if one["section"] == "consistency"} == {
        "cross_stage_engagement_consistency"
    }
    compared = row(found["comparisons"], measure="revenue_velocity_monthly", group_b="recent")
    assert (compared["section"], compared["n_a"], compared["n_b"], compared["difference"]) == ("consistency", 1, 1, 0.0)
    assert found["obstacles"] == []


def test_a_population_of_one_health_has_no_range() -> None:
    rows = [
        value(email, "Gold", 10_000.0, customer_health_score=3.0, churn_probability=1.0, account_age_days=1)
        for email in ("a", "b")
    ]
    found = oracle(lake(value=rows), of_segments({"segments": COMPARED, "consistency": {}}))
    assert consistency_mean(found, "gold", "health_index") == (2, 0.2)
