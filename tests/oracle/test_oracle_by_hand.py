"""The oracle against numbers worked by hand, on lakes of a few rows."""

from __future__ import annotations

import hashlib
import math
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from deltalake import write_deltalake

from tests.oracle import load_lake, naive_join_executed, oracle
from tests.oracle.by_hand import (
    DAY_1,
    DAY_2,
    DAY_3,
    FLAGGED,
    TEXT,
    activity,
    approx,
    definition,
    funnel,
    lake,
    row,
    value,
)
from tests.oracle.compare import CONTRACT, KEYS, assert_tables_equal
from tests.oracle.formulas import Sample, benjamini_hochberg, fisher_z, hedges_g, welch_anova, wilson
from tests.oracle.lake import TABLES

CONVERSION = [
    {"column": "marketing_to_sales_days", "operator": "between", "value": [10, 20]},
    {"column": "sales_to_support_days", "operator": ">", "value": 30},
    {"column": "composite_engagement_score", "operator": ">", "statistic": "mean"},
]


# --- keys and snapshots -------------------------------------------------------------------------


def profile_of(con: duckdb.DuckDBPyConnection, column: str, unit: str = "points") -> dict[str, Any]:
    sections = {"cohort_profile": {"measures": [{"column": column, "unit": unit}]}}
    found = oracle(con, definition([{"column": column, "operator": ">", "value": -1}], sections))
    return row(found["measures"], group_name="population")


def test_spellings_of_one_address_are_one_customer_and_blank_is_none() -> None:
    emails = ["a@x.de", " A@X.de\u00a0", "\x0ba@x.DE\u3000\t", "", " \u2003", None, "ä@x.de"]
    con = lake(activity=[activity(email) for email in emails])
    found = oracle(con, definition(FLAGGED, {}))
    assert found["attrition"][0]["n_remaining"] == 2
    assert found["quality_counts"]["keys_missing:activity"] == 3
    assert found["quality_counts"]["keys_non_ascii:activity"] == 1


def test_the_newest_timestamp_wins_and_a_null_timestamp_is_oldest() -> None:
    rows = [
        activity("a", customer_health_score=1.0, activity_analysis_timestamp=DAY_2),
        activity("a", customer_health_score=2.0, activity_analysis_timestamp=DAY_3),
        activity("a", customer_health_score=9.0, activity_analysis_timestamp=None),
    ]
    assert profile_of(lake(activity=rows), "customer_health_score")["mean"] == 2.0


def test_a_tie_is_broken_by_columns_in_schema_order_descending() -> None:
    rows = [
        activity("a", customer_segment="SMB", customer_health_score=1.0),
        activity("a", customer_segment="Enterprise", customer_health_score=9.0),
        activity("a", customer_segment=None, customer_health_score=10.0),
    ]
    assert profile_of(lake(activity=rows), "customer_health_score")["mean"] == 1.0


def test_nan_is_the_largest_in_a_tie_and_missing_afterwards() -> None:
    rows = [
        activity("a", customer_health_score=5.0),
        activity("a", customer_health_score=math.nan),
        activity("a", customer_health_score=math.inf),
        activity("b", customer_health_score=3.0),
    ]
    found = profile_of(lake(activity=rows), "customer_health_score")
    assert (found["n"], found["n_missing"], found["mean"]) == (1, 1, 3.0)


# --- cohort, attrition --------------------------------------------------------------------------


@pytest.fixture
def conversion_lake() -> duckdb.DuckDBPyConnection:
    engagement = {"a": 10.0, "b": 10.0, "c": 10.0, "d": 10.0, "e": 2.0, "f": 2.0, "g": None, "h": math.nan}
    delays = {
        "a": (10, 31),
        "b": (20, 30),
        "c": (9, 40),
        "d": (None, 40),
        "e": (15, 40),
        "f": (15, None),
        "g": (15, 31),
        "x": (15, 40),
    }
    return lake(
        activity=[activity(email, composite_engagement_score=score) for email, score in engagement.items()],
        funnel=[funnel(email, *days) for email, days in delays.items()],
    )


def test_attrition_counts_who_is_left_and_who_cannot_be_decided(
    conversion_lake: duckdb.DuckDBPyConnection,
) -> None:
    found = oracle(conversion_lake, definition(CONVERSION, {}))
    steps = [(one["step"], one["n_remaining"], one["n_undecidable"]) for one in found["attrition"]]
    # Step 1 keeps a b e f g (10 and 20 are inside); d has no days and h no funnel row.
    # Step 2 keeps a e g (30 is not above 30); f has no days. Step 3 keeps a; g has no engagement.
    assert steps == [(0, 8, 0), (1, 5, 2), (2, 3, 1), (3, 1, 1)]
    # Mean engagement: four tens and two twos over six customers, NaN and null left out.
    assert found["attrition"][3]["statistic_value"] == approx(44 / 6)
    assert [one["customer_key"] for one in found["cohort_members"]] == ["a"]


def test_customers_outside_the_base_are_counted_not_joined(
    conversion_lake: duckdb.DuckDBPyConnection,
) -> None:
    found = oracle(conversion_lake, definition(CONVERSION, {}))
    assert found["quality_counts"]["customers_absent_from_base:funnel"] == 1
    # Seven of the eight customers have a funnel row; x is no customer.
    assert row(found["match_rates"], right_table=TABLES["funnel"]) == {
        "left_table": TABLES["activity"],
        "right_table": TABLES["funnel"],
        "key": "primary_email",
        "left_rows": 8,
        "matched_rows": 7,
        "match_rate": 0.875,
    }


def test_a_value_equal_to_its_own_mean_is_not_above_it() -> None:
    # Ten times 0.1 sums to 0.9999999999999999 in doubles: its tenth would lie below every one of them.
    con = lake(
        activity=[activity(email, composite_engagement_score=0.1) for email in "abcdefghij"],
        funnel=[funnel(email, 15, 40) for email in "abcdefghij"],
    )
    found = oracle(con, definition(CONVERSION, {}))
    assert found["attrition"][3]["n_remaining"] == 0
    assert found["attrition"][3]["statistic_value"] == 0.1


# --- method sensitivity -------------------------------------------------------------------------


def fanned_lake() -> duckdb.DuckDBPyConnection:
    """a: 2 activity, 3 funnel, 2 value rows; b: 1, 1, none; c: 1, none, none."""
    return lake(
        activity=[
            activity("a", composite_engagement_score=10.0, activity_analysis_timestamp=DAY_1),
            activity("a", composite_engagement_score=4.0, activity_analysis_timestamp=DAY_2),
            activity("b", composite_engagement_score=6.0),
            activity("c", composite_engagement_score=1.0),
            activity(None, composite_engagement_score=1000.0),
        ],
        funnel=[
            funnel("a", 12, 40, DAY_1),
            funnel("a", 14, 50, DAY_2),
            funnel("a", 99, 50, DAY_3),
            funnel("b", 15, 31),
        ],
        value=[
            value("a", recency_score=5, frequency_score=4, monetary_score=None, analysis_timestamp=DAY_1),
            value("a", recency_score=1, frequency_score=2, monetary_score=3, analysis_timestamp=DAY_2),
        ],
    )


def test_method_sensitivity_of_the_four_methods() -> None:
    found = oracle(fanned_lake(), definition(CONVERSION, {}))["method_sensitivity"]
    columns = CONTRACT["method_sensitivity"][1:]
    by_method = {one["method"]: tuple(one[name] for name in columns) for one in found}
    # Latest: engagement 4, 6, 1, mean 11/3; a fails by its last funnel row; b passes and has no scores.
    assert by_method["latest_snapshot"] == (approx(11 / 3), None, 1, None, None, None, None)
    # First: 10, 6, 1, mean 17/3; a and b pass; scores of the first value row of a.
    assert by_method["first_snapshot"] == (approx(17 / 3), None, 2, None, 5.0, 4.0, None)
    # Rows: 10, 4, 6, 1, mean 21/4; a passes by one activity row, b by its only one; latest scores of a.
    assert by_method["row_level"] == (5.25, None, 2, None, 1.0, 2.0, 3.0)
    # Joined: a 1 activity x 2 funnel x 2 value = 4, b 1 x 1 x 1 (no value row) = 1; 5 rows over 2 customers.
    # Recency (5+5+1+1)/4, frequency (4+4+2+2)/4, monetary of the two rows that have one.
    assert by_method["naive_join"] == (5.25, 5, 2, 2.5, 3.0, 3.0, 3.0)


def test_counting_per_key_equals_running_the_join() -> None:
    con, wanted = fanned_lake(), definition(CONVERSION, {})
    counted = row(oracle(con, wanted)["method_sensitivity"], method="naive_join")
    assert counted == naive_join_executed(con, wanted)


# --- tiers --------------------------------------------------------------------------------------


@pytest.fixture
def tiers() -> dict[str, Any]:
    """LTV by tier, cohort | others.

    Gold 100 140 | 80 100 120, Silver 50 70 60 | 20 40, Bronze 10 | 20 30 missing, Basic - | 5,
    no tier 999 | -.
    """
    cohort = {"a": ("Gold", 100.0), "b": ("Gold", 140.0), "c": ("Silver", 50.0), "i": ("Silver", 70.0)}
    cohort |= {"o": ("Silver", 60.0), "j": ("Bronze", 10.0), "z": (None, 999.0)}
    others = {"d": ("Gold", 80.0), "e": ("Gold", 100.0), "f": ("Gold", 120.0), "g": ("Silver", 20.0)}
    others |= {"h": ("Silver", 40.0), "k": ("Bronze", None), "m": ("Bronze", 20.0), "n": ("Bronze", 30.0)}
    others |= {"l": ("Basic", 5.0)}
    con = lake(
        activity=[activity(email, zendesk_active=int(email in cohort)) for email in cohort | others],
        value=[value(email, *held) for email, held in (cohort | others).items()],
    )
    return oracle(con, definition(FLAGGED, {"tier_ltv": {}}))


def test_peers_are_the_rest_of_the_tiers_that_the_cohort_holds(tiers: dict[str, Any]) -> None:
    sizes = {one["group_name"]: (one["n"], one["n_missing"]) for one in tiers["measures"]}
    # Peers: d e f g h m n, and k without an LTV; l has a tier without cohort customers.
    assert sizes == {"cohort": (7, 0), "peers": (7, 1), "population": (15, 1)}


def test_ltv_within_a_tier_against_peers(tiers: dict[str, Any]) -> None:
    gold = row(tiers["comparisons"], stratum="Gold", group_b="peers")
    assert (gold["n_a"], gold["mean_a"], gold["n_b"], gold["mean_b"]) == (2, 120.0, 3, 100.0)
    assert (gold["difference"], gold["ratio"], gold["relative_difference"]) == (20.0, 1.2, 0.2)
    # Variances 800 and 400: error^2 = 800/2 + 400/3 = 1600/3, t = 20 / sqrt(1600/3) = sqrt(3)/2,
    # freedom = (1600/3)^2 / (400^2/1 + (400/3)^2/2) = 32/19; quantile t(0.975, 32/19) = 5.1762316.
    error = math.sqrt(1600 / 3)
    half = (gold["ci_high"] - gold["ci_low"]) / 2
    assert half / error == pytest.approx(5.1762316285, rel=1e-8)
    assert gold["p_value"] == pytest.approx(0.4920962956, rel=1e-8)
    # Pooled variance (1 x 800 + 2 x 400) / 3 = 1600/3; correction 1 - 3 / (4 x 3 - 1) = 8/11.
    assert gold["effect_size"] == approx(20 / error * 8 / 11)
    # Relative variance: 800/(2 x 100^2) + 120^2 x 400/(3 x 100^4) = 0.04 + 0.0192.
    relative_half = (gold["rel_ci_high"] - gold["rel_ci_low"]) / 2
    assert relative_half / half == approx(math.sqrt(0.0592) / error)
    # Gold holds 2 of the 5 cohort customers that count overall.
    assert gold["contribution"] == approx(0.4 * 20)


def test_a_tier_with_one_cohort_customer_is_shown_but_not_weighed(tiers: dict[str, Any]) -> None:
    bronze = row(tiers["comparisons"], stratum="Bronze", group_b="peers")
    assert (bronze["n_a"], bronze["mean_a"], bronze["n_b"], bronze["mean_b"]) == (1, 10.0, 2, 25.0)
    assert (bronze["difference"], bronze["contribution"], bronze["p_value"]) == (-15.0, None, None)
    assert {one["stratum"] for one in tiers["comparisons"]} == {"Gold", "Silver", "Bronze", "overall"}


def test_the_baseline_holds_the_whole_tier_and_is_not_tested(tiers: dict[str, Any]) -> None:
    gold = row(tiers["comparisons"], stratum="Gold", group_b="tier_baseline")
    # (100 + 140 + 80 + 100 + 120) / 5 = 108.
    assert (gold["n_b"], gold["mean_b"], gold["difference"]) == (5, 108.0, 12.0)
    assert gold["relative_difference"] == approx(12 / 108)
    untested = ("contribution", "ci_low", "rel_ci_low", "effect_size", "p_value", "p_adjusted")
    assert {gold[name] for name in untested} == {None}


def test_overall_weighs_tiers_by_their_cohort_customers(tiers: dict[str, Any]) -> None:
    overall = row(tiers["comparisons"], stratum="overall", group_b="peers")
    # Gold weighs 2/5, Silver 3/5: means 48 + 36 and 40 + 18.
    assert (overall["n_a"], overall["n_b"]) == (5, 5)
    assert (overall["mean_a"], overall["mean_b"]) == (approx(84), approx(58))
    # 0.4 x 20 + 0.6 x 30 = 26.
    assert (overall["difference"], overall["contribution"]) == (approx(26), approx(26))
    assert overall["ratio"] == approx(84 / 58)
    # The relative difference weighs 20/100 and 30/30: 0.08 and 0.6, not 26/58.
    assert overall["relative_difference"] == approx(0.68)
    # Variance terms 0.16 x (800/2, 400/3) and 0.36 x (100/3, 200/2): 64, 64/3, 12, 36; their sum V = 400/3.
    # Freedom: V^2 over 64^2/1 + (64/3)^2/2 + 12^2/2 + 36^2/1 is 3.1235358; t is 26 / sqrt(V), 2.2516660.
    assert overall["p_value"] == pytest.approx(0.1062557809, rel=1e-8)
    # Relative variance: 0.16 x 0.0592 for Gold, 0.36 x (100/(3 x 30^2) + 60^2 x 200/(2 x 30^4)) for Silver.
    relative_variance = 0.16 * 0.0592 + 0.36 * (1 / 27 + 4 / 9)
    scale = (overall["rel_ci_high"] - 0.68) / (overall["ci_high"] - 26)
    assert scale == approx(math.sqrt(relative_variance) / math.sqrt(400 / 3))
    assert overall["effect_size"] is None
    baseline = row(tiers["comparisons"], stratum="overall", group_b="tier_baseline")
    # 0.4 x 108 + 0.6 x 48 = 72 over 5 + 5 customers; relative 0.4 x 12/108 + 0.6 x 12/48.
    assert (baseline["n_b"], baseline["mean_b"], baseline["difference"]) == (10, approx(72), approx(12))
    assert baseline["relative_difference"] == approx(0.4 / 9 + 0.15)
    assert (baseline["p_value"], baseline["contribution"]) == (None, None)


def test_a_member_is_ranked_within_the_tier(tiers: dict[str, Any]) -> None:
    b = row(tiers["cohort_members"], customer_key="b")
    a = row(tiers["cohort_members"], customer_key="a")
    assert (b["peer_mean_ltv"], b["ltv_difference"]) == (100.0, 40.0)
    # Gold by LTV: 80 d, 100 a, 100 e, 120 f, 140 b. a ties with e on the second place: (2 - 1)/(5 - 1).
    assert (a["ltv_percent_rank"], b["ltv_percent_rank"]) == (0.25, 1.0)
    # ntile(10) of five customers counts 1 to 5; the key puts a before e.
    assert (a["ltv_decile"], b["ltv_decile"]) == (2, 5)
    # Deviations from 108: 28, 8, 8, 12, 32 -> 784 + 64 + 64 + 144 + 1024 = 2080, over n - 1 = 520.
    assert b["ltv_zscore"] == approx(32 / math.sqrt(520))
    j = row(tiers["cohort_members"], customer_key="j")
    # Bronze 10, 20, 30: mean 20, deviation 10; k has no LTV and no rank.
    assert (j["peer_mean_ltv"], j["ltv_zscore"], j["ltv_percent_rank"], j["ltv_decile"]) == (
        25.0,
        -1.0,
        0.0,
        1,
    )
    z = row(tiers["cohort_members"], customer_key="z")
    assert (z["peer_mean_ltv"], z["ltv_percent_rank"], z["ltv_decile"]) == (None, None, None)


# --- measures -----------------------------------------------------------------------------------


def test_a_measure_is_described_by_interpolated_percentiles() -> None:
    scores = [1.0, 2.0, 3.0, 4.0, 6.0, 8.0, None]
    con = lake(activity=[activity(f"c{i}", customer_health_score=x) for i, x in enumerate(scores)])
    found = profile_of(con, "customer_health_score")
    assert (found["n"], found["n_missing"], found["mean"], found["median"]) == (6, 1, 4.0, 3.5)
    # Positions among six: P10 0.5, P25 1.25, P75 3.75, P90 4.5.
    assert (found["p10"], found["p25"], found["p75"], found["p90"]) == (1.5, 2.25, 5.5, 7.0)
    # 2, 3, 4 and 6 lie between P10 and P90.
    assert found["trimmed_mean"] == 3.75
    # Squares 9 + 4 + 1 + 0 + 4 + 16 = 34 over 5; t(0.975, 5) = 2.5705818356.
    assert found["stddev"] == approx(math.sqrt(6.8))
    assert found["ci_high"] - 4 == pytest.approx(2.5705818356 * math.sqrt(6.8 / 6), rel=1e-8)
    assert found["by_definition"] is True
    assert found["source_table"] == TABLES["activity"]


def test_a_share_counts_zero_and_one_only() -> None:
    con = lake(activity=[activity(f"c{i}", zendesk_active=x) for i, x in enumerate([0, 1, 1, 2, None])])
    found = profile_of(con, "zendesk_active", "share")
    assert (found["n"], found["n_missing"], found["mean"]) == (3, 2, approx(2 / 3))


def test_a_share_that_is_a_fraction_counts_as_it_is() -> None:
    con = lake(value=[value(f"c{i}", churn_probability=x) for i, x in enumerate([0.25, 0.75, None])])
    cohort = [{"column": "churn_probability", "operator": ">", "value": 0.5}]
    sections = {"cohort_profile": {"measures": [{"column": "churn_probability", "unit": "share"}]}}
    found = row(oracle(con, definition(cohort, sections, base="value"))["measures"], group_name="population")
    assert (found["n"], found["n_missing"], found["mean"]) == (2, 1, 0.5)


def test_an_empty_group_has_no_values() -> None:
    con = lake(activity=[activity("a", zendesk_active=0, customer_health_score=1.0)])
    sections = {"cohort_profile": {"measures": [{"column": "customer_health_score", "unit": "points"}]}}
    found = oracle(con, definition(FLAGGED, sections))
    cohort = row(found["measures"], group_name="cohort")
    assert (cohort["n"], cohort["n_missing"], cohort["mean"], cohort["p10"]) == (0, 0, None, None)
    compared = row(found["comparisons"], measure="customer_health_score")
    assert (compared["n_a"], compared["mean_a"], compared["difference"], compared["p_value"]) == (
        0,
        *[None] * 3,
    )


# --- categories ---------------------------------------------------------------------------------


def test_wilson_interval_of_one_in_two() -> None:
    # z^2 = 3.841459: half = 1.959964 sqrt(0.125 + 3.841459/16) / (1 + 3.841459/2) = 0.405469 around 0.5.
    low, high = wilson(1, 2)
    assert (low, high) == (pytest.approx(0.094531, abs=1e-6), pytest.approx(0.905469, abs=1e-6))
    assert wilson(0, 5)[0] == 0.0
    assert wilson(0, 0) == (None, None)


@pytest.fixture
def channels() -> dict[str, Any]:
    """Cohort: 2 Email, 2 Event. Others: 1 Email, 3 Event, 2 without a channel."""
    cohort = ["Email", "Email", "Event", "Event"]
    others = ["Email", "Event", "Event", "Event", None, None]
    rows = [activity(f"c{i}", primary_engagement_channel=x, zendesk_active=1) for i, x in enumerate(cohort)]
    rows += [activity(f"o{i}", primary_engagement_channel=x, zendesk_active=0) for i, x in enumerate(others)]
    sections = {"channels": {"dimensions": ["primary_engagement_channel"]}}
    return oracle(lake(activity=rows), definition(FLAGGED, sections))


def test_a_distribution_has_every_value_of_the_population_and_its_index(channels: dict[str, Any]) -> None:
    email = row(channels["distributions"], group_name="cohort", value="Email")
    # 2 of 4 in the cohort, 3 of 10 in the population: 100 x 0.5 / 0.3.
    assert (email["n"], email["share"], email["population_share"]) == (2, 0.5, 0.3)
    assert email["index"] == approx(500 / 3)
    missing = row(channels["distributions"], group_name="cohort", value="(missing)")
    assert (missing["n"], missing["share"], missing["index"]) == (0, 0.0, 0.0)
    # No tiers, no peers: an empty group has no share.
    peers = row(channels["distributions"], group_name="peers", value="Email")
    assert (peers["n"], peers["share"], peers["share_low"], peers["index"]) == (0, None, None, None)


def test_chi_square_of_cohort_against_everybody_else(channels: dict[str, Any]) -> None:
    found = row(channels["associations"], y="primary_engagement_channel")
    # Expected: Email 1.2 | 1.8, Event 2 | 3, missing 0.8 | 1.2.
    # 0.64/1.2 + 0.64/1.8 + 0 + 0 + 0.64/0.8 + 0.64/1.2 = 20/9; freedom 2; V = sqrt(20/9/10); p = exp(-10/9).
    assert (found["n"], found["df"], found["statistic"]) == (10, 2, approx(20 / 9))
    assert found["cramers_v"] == approx(math.sqrt(2 / 9))
    assert found["p_value"] == approx(math.exp(-10 / 9))
    # The only test of the analysis: nothing to correct.
    assert found["p_adjusted"] == found["p_value"]


# --- platforms ----------------------------------------------------------------------------------


def flags(marketo: int | None, stripe: int | None, zendesk: int | None) -> dict[str, int | None]:
    return {"in_marketo": marketo, "in_stripe": stripe, "in_zendesk": zendesk}


@pytest.fixture
def platforms() -> dict[str, Any]:
    """Health by combination: 1-0-0 1 2 3, 1-1-1 11 13 15, each four times, 0-0-0 7; a flag of 2 or null is unknown."""
    groups = {
        (1, 0, 0): [1.0, 2.0, 3.0] * 4,
        (1, 1, 1): [11.0, 13.0, 15.0] * 4,
        (0, 0, 0): [7.0],
        (2, 0, 0): [100.0],
        (None, 1, 1): [200.0],
    }
    rows = [
        activity(f"{held}{i}", zendesk_active=1, customer_health_score=health, **flags(*held))
        for held, scores in groups.items()
        for i, health in enumerate(scores)
    ]
    return oracle(lake(activity=rows), definition(FLAGGED, {"platforms": {}}))


def test_platform_combinations_and_unknown_flags(platforms: dict[str, Any]) -> None:
    of = [one for one in platforms["crosstabs"] if one["group_name"] == "cohort"]
    counts = {(one["row_dimension"], one["row_value"]): one["n"] for one in of}
    assert counts == {
        ("platforms", "1-0-0"): 12,
        ("platforms", "1-1-1"): 12,
        ("platforms", "0-0-0"): 1,
        ("platforms", "unknown"): 2,
        ("number_of_platforms", "0"): 1,
        ("number_of_platforms", "1"): 12,
        ("number_of_platforms", "3"): 12,
        ("number_of_platforms", "unknown"): 2,
    }
    three = row(of, row_value="1-1-1")
    # Mean 13, variance 32/11, t(0.975, 11) = 2.2009851601.
    assert three["health_ci_high"] - 13 == pytest.approx(2.2009851601 * math.sqrt(32 / 11 / 12), rel=1e-8)
    assert (three["n_ltv"], three["mean_ltv"], three["sum_ltv"]) == (0, None, 0.0)
    assert row(of, row_value="0-0-0")["health_ci_low"] is None


def test_two_groups_of_an_anova_are_a_squared_welch_t(platforms: dict[str, Any]) -> None:
    found = row(platforms["associations"], group_name="cohort")
    # 0-0-0 has one value and stays out. Variances 8/11 and 32/11: t^2 = 11^2 / (40 / 132) = 399.3,
    # freedom = 40^2 / (8^2/11 + 32^2/11) = 275/17.
    assert (found["n"], found["df"], found["statistic"]) == (24, 1, approx(399.3))
    assert found["df_residual"] == approx(275 / 17)


def test_single_combinations_are_compared_after_the_anova_found_something(platforms: dict[str, Any]) -> None:
    assert row(platforms["associations"], group_name="cohort")["p_value"] < 0.05
    of = [one for one in platforms["comparisons"] if one["stratum"] == "cohort"]
    assert sorted(one["group_a"] for one in of) == ["0-0-0", "1-0-0", "1-1-1"]
    three = row(of, group_a="1-1-1")
    # The others: 24 and 7; the unknown 100 and 200 are no other combination.
    assert (three["n_a"], three["mean_a"], three["n_b"], three["mean_b"]) == (12, 13.0, 13, approx(31 / 13))
    assert row(of, group_a="0-0-0")["p_value"] is None


def test_correlation_of_number_of_platforms_with_health(platforms: dict[str, Any]) -> None:
    found = row(platforms["correlations"], group_name="cohort")
    # x 0, 12 times 1, 12 times 3 (sum 48); y 7, 1 2 3 and 11 13 15 four times each (sum 187).
    # Sxy = 492 - 48 x 187/25 = 132.96, Sxx = 120 - 48^2/25 = 27.84, Syy = 2165 - 187^2/25 = 766.24.
    r = 132.96 / math.sqrt(27.84 * 766.24)
    assert (found["n"], found["pearson_r"]) == (25, approx(r))
    # Average ranks, mean 13: x 1, 7.5, 19.5; y 2.5 6.5 10.5, 13, 15.5 19.5 23.5.
    # Sxy = 5161 - 4225, Sxx = 5239 - 4225, Syy = 5495 - 4225.
    assert found["spearman_r"] == approx(936 / math.sqrt(1014 * 1270))
    # Fisher: atanh(r) -+ 1.959964 / sqrt(22).
    assert math.atanh(found["ci_high"]) == pytest.approx(math.atanh(r) + 1.959964 / math.sqrt(22), rel=1e-7)


def test_an_anova_needs_two_groups_that_vary() -> None:
    found = welch_anova([Sample(50, 1.0, 0.0), Sample(1, 2.0, None), Sample(9, 1.0, 1.0), Sample(10, 3.0, 1.0)])
    assert (found.n, found.statistic, found.p_value) == (10, None, None)


# --- risk, value, strategies --------------------------------------------------------------------

HIGH_RISK = [
    {"column": "activity_risk_level", "operator": "in", "value": ["High", "Critical"]},
    {"column": "engagement_velocity", "operator": "in", "value": ["Declining", "Stagnant"]},
]
FRAMEWORK = [
    {
        "name": "champions",
        "strategy": "reward",
        "all": [
            {"column": "activity_risk_level", "operator": "in", "value": ["Low", "Medium"]},
            {"column": "engagement_velocity", "operator": "in", "value": ["Accelerating", "Stable"]},
        ],
    },
    {"name": "danger", "strategy": "rescue", "all": HIGH_RISK},
]
TEXTS = {
    "reward": {
        "owner": "marketing",
        "due_days": 60,
        "kpi": {"measure": "customer_health_score", "target_ratio": 1.1, "alarm_ratio": 0.5},
    },
    "rescue": {
        "owner": "success",
        "due_days": 7,
        "kpi": {"measure": "churn_probability", "target_ratio": 0.5, "alarm_ratio": 2.0},
    },
}


def graded_lake() -> duckdb.DuckDBPyConnection:
    """Tier T: LTV 100 (a), 20 (b), 60 (c), missing (d): mean 60. e is outside the cohort, f has no tier."""
    held = {
        "a": ("High", "Declining", 80.0, "T", 100.0, 5, 0.5),
        "b": ("Low", "Stable", 60.0, "T", 20.0, 1, None),
        "c": ("Medium", "Volatile", 40.0, "T", 60.0, 5, 0.5),
        "d": ("Low", None, None, "T", None, 5, 0.5),
        "e": ("Critical", "Stagnant", 10.0, "U", 70.0, 5, 1.0),
        "f": ("Low", "Accelerating", 20.0, None, 7.0, 4, 1.0),
    }
    return lake(
        activity=[
            activity(
                email,
                activity_risk_level=risk,
                engagement_velocity=velocity,
                customer_health_score=health,
                zendesk_active=int(email != "e"),
            )
            for email, (risk, velocity, health, *_) in held.items()
        ],
        value=[
            value(email, tier, ltv, monetary_score=score, churn_probability=churn)
            for email, (_, _, _, tier, ltv, score, churn) in held.items()
        ],
    )


VALUE_RISK = {
    "value_levels": [
        {
            "name": "high",
            "all": [
                {
                    "column": "estimated_customer_ltv",
                    "operator": ">",
                    "statistic": "mean",
                    "within": "customer_tier",
                },
                {"column": "monetary_score", "operator": ">=", "value": 4},
            ],
        },
        {
            "name": "low",
            "all": [
                {
                    "column": "estimated_customer_ltv",
                    "operator": "<",
                    "statistic": "mean",
                    "within": "customer_tier",
                },
                {"column": "monetary_score", "operator": "<=", "value": 2},
            ],
        },
        {"name": "medium", "otherwise": True},
    ],
    "risk_levels": [
        {"name": "high", "any": HIGH_RISK},
        {
            "name": "low",
            "all": [
                {"column": "activity_risk_level", "operator": "=", "value": "Low"},
                {"column": "engagement_velocity", "operator": "in", "value": ["Accelerating", "Stable"]},
            ],
        },
    ],
    "risk_levels_as_written": [
        {"name": "low", "all": [{"column": "engagement_velocity", "operator": "=", "value": "Increasing"}]}
    ],
    "cells": [
        {"value": "high", "risk": "high", "strategy": "rescue"},
        {"value": "low", "risk": "low", "strategy": "reward"},
        {"value": "medium", "risk": "low", "strategy": "reward"},
    ],
}


@pytest.fixture
def graded() -> dict[str, Any]:
    sections = {"risk_velocity": {"framework": FRAMEWORK}, "value_risk": VALUE_RISK}
    wanted = definition(FLAGGED, sections, recommend="framework_segment", strategies=TEXTS)
    return oracle(graded_lake(), wanted)


def test_the_first_rule_that_matches_names_the_segment(graded: dict[str, Any]) -> None:
    segments = {one["customer_key"]: one["framework_segment"] for one in graded["cohort_members"]}
    # c: Medium but Volatile; d: Low with an unknown velocity.
    assert segments == {"a": "danger", "b": "champions", "c": None, "d": None, "f": "champions"}
    shares = {
        one["value"]: (one["n"], one["share"])
        for one in graded["distributions"]
        if one["dimension"] == "framework_segment" and one["group_name"] == "cohort"
    }
    assert shares == {"champions": (2, 0.4), "danger": (1, 0.2), "(uncovered)": (2, 0.4)}
    of = [one for one in graded["crosstabs"] if one["section"] == "risk_velocity" and one["column_dimension"]]
    assert row(of, group_name="cohort", row_value="Medium")["label"] == "(uncovered)"
    assert row(of, group_name="cohort", row_value="Low", column_value="(missing)")["n_health"] == 0
    assert row(of, group_name="population", row_value="Critical")["label"] == "danger"


def test_each_level_of_risk_and_of_velocity_stands_by_itself(graded: dict[str, Any]) -> None:
    of = [one for one in graded["crosstabs"] if one["section"] == "risk_velocity" and not one["column_dimension"]]
    cells = [one for one in graded["crosstabs"] if one["section"] == "risk_velocity" and one["column_dimension"]]
    for level in of:
        side = "row_value" if level["row_dimension"] == "activity_risk_level" else "column_value"
        inside = [one for one in cells if one["group_name"] == level["group_name"] and one[side] == level["row_value"]]
        assert level["n"] == sum(one["n"] for one in inside) > 0
        assert level["label"] is None


def test_value_and_risk_levels(graded: dict[str, Any]) -> None:
    levels = {one["customer_key"]: (one["value_level"], one["risk_level"]) for one in graded["cohort_members"]}
    # c equals the mean of its tier (60): neither above nor below. d has no LTV, f no tier: medium.
    assert levels == {
        "a": ("high", "high"),
        "b": ("low", "low"),
        "c": ("medium", None),
        "d": ("medium", None),
        "f": ("medium", "low"),
    }


def test_value_by_risk_cells_hold_counts_and_strategies(graded: dict[str, Any]) -> None:
    of = [one for one in graded["crosstabs"] if one["section"] == "value_risk"]
    cells = {
        (one["row_value"], one["column_value"]): (one["n"], one["sum_ltv"], one["label"])
        for one in of
        if one["group_name"] == "cohort"
    }
    assert cells == {
        ("high", "high"): (1, 100.0, "rescue"),
        ("low", "low"): (1, 20.0, "reward"),
        ("medium", "(none)"): (2, 60.0, None),
        ("medium", "low"): (1, 7.0, "reward"),
    }
    written = [one for one in graded["crosstabs"] if one["section"] == "value_risk_as_written"]
    assert {one["column_value"] for one in written} == {"(none)"}
    assert {one["label"] for one in written} == {None}
    none = row(graded["distributions"], section="value_risk_as_written", group_name="population", value="(none)")
    assert (none["n"], none["share"]) == (6, 1.0)


def test_strategies_are_ranked_by_what_is_at_stake(graded: dict[str, Any]) -> None:
    first, second, rest = sorted(graded["strategies"], key=lambda one: one["priority"])
    # danger: a, 100 x 0.5; its churn 0.5, target half of it, alarm double.
    assert first == {
        "segment": "danger",
        "n": 1,
        "value_at_stake": 50.0,
        "priority": 1,
        "strategy": "rescue",
        "owner": "success",
        "due_days": 7,
        "kpi": "churn_probability",
        "kpi_now": 0.5,
        "kpi_target": 0.25,
        "kpi_alarm": 1.0,
    }
    # champions: b 20 (churn missing counts whole), f 7 x 1; health (60 + 20)/2.
    assert (second["segment"], second["n"], second["value_at_stake"]) == ("champions", 2, 27.0)
    assert (second["kpi_now"], second["kpi_alarm"]) == (40.0, 20.0)
    assert (rest["segment"], rest["strategy"], rest["kpi_now"], rest["owner"]) == ("(none)", "(none)", None, None)


def test_cells_can_be_recommended_too() -> None:
    wanted = definition(FLAGGED, {"value_risk": VALUE_RISK}, recommend="value_risk", strategies=TEXTS)
    found = oracle(graded_lake(), wanted)["strategies"]
    # The level-less c and d get none: they stand together at the end.
    ranked = {one["segment"]: (one["priority"], one["value_at_stake"]) for one in found}
    assert ranked == {"high/high": (1, 50.0), "low/low": (2, 20.0), "medium/low": (3, 7.0), "(none)": (4, 30.0)}


# --- geography ----------------------------------------------------------------------------------


def address(identity: str, country: str | None, system: str = "marketo", **more: Any) -> dict[str, Any]:
    return {"customer360_id": identity, "country": country, "source_system": system, "priority": 1} | more


def test_without_matches_geography_is_an_estimate_by_systems() -> None:
    held = {"a": flags(1, 0, 1), "b": flags(1, None, 1), "c": flags(1, 1, 1), "d": flags(0, 0, 1)}
    con = lake(
        activity=[activity(email, zendesk_active=1, **three) for email, three in held.items()],
        address=[
            address("m1", "School", priority=2, rank=1, state="TX"),
            address("m1", " US ", priority=1, rank=2, state=" CA "),
            address("m1", "School", priority=1, rank=None, state="TX"),
            address("m2", "austria", state=""),
            address("m2", "germany", state=""),
            address("m3", " ", state="NY"),
            address("m4", "School", state="NY"),
            address("s1", "FRA", "stripe", state="IDF"),
            address("s1", "School", "stripe", priority=None),
        ],
    )
    found = oracle(con, definition(FLAGGED, {"geography": {"minimum_match_rate": 0.5}}))
    assert row(found["match_rates"], key="any")["match_rate"] == 0.0
    assert {one["group_name"] for one in found["distributions"]} == {"cohort_estimate"}
    # m1: priority before rank, rank before null. m2: a tie goes to the larger country, as in snapshots.
    # Weights: marketo 3, stripe 1 (zendesk has no address) -> 3/4 and 1/4; four marketo ids, 3/16 each.
    shares = {(one["dimension"], one["value"]): one["share"] for one in found["distributions"]}
    assert shares == {
        ("country", "US"): approx(3 / 16),
        ("country", "germany"): approx(3 / 16),
        ("country", "(missing)"): approx(3 / 16),
        ("country", "(invalid)"): approx(3 / 16),
        ("country", "FRA"): approx(1 / 4),
        ("state", "CA"): approx(3 / 16),
        ("state", "(missing)"): approx(3 / 16),
        ("state", "(invalid country)"): approx(6 / 16),
        ("state", "IDF"): approx(1 / 4),
    }
    assert found["quality_counts"]["customers_without_address_system"] == 1
    assert found["quality_counts"]["invalid_country"] == 4


def test_with_enough_matches_geography_counts_customers() -> None:
    hashed = hashlib.md5(b"a@x").hexdigest()
    con = lake(
        activity=[
            activity("a@x", zendesk_active=1),
            activity("b@x", zendesk_active=1, stripe_customer_id="cus_b", marketo_lead_id=7),
            activity("c@x", zendesk_active=1),
            activity("n@x", zendesk_active=0, stripe_customer_id="cus_n"),
        ],
        address=[
            address(hashed, "US"),
            address("cus_b", "DE", priority=2),
            address("7", "FR", priority=1),
            address("cus_n", "CN"),
        ],
    )
    found = oracle(con, definition(FLAGGED, {"geography": {"minimum_match_rate": 0.5}}))
    matched = {one["key"]: one["matched_rows"] for one in found["match_rates"] if one["left_table"] == "cohort"}
    assert {key: n for key, n in matched.items() if n} == {
        "marketo_lead_id": 1,
        "stripe_customer_id": 1,
        "md5(primary_email)": 1,
        "any": 2,
    }
    assert row(found["match_rates"], key="any")["match_rate"] == approx(2 / 3)
    # b matches two ids; the address of the lower priority is the one.
    of = [one for one in found["distributions"] if one["dimension"] == "country"]
    assert {one["value"]: (one["n"], one["share"]) for one in of} == {"US": (1, 0.5), "FR": (1, 0.5)}


def test_a_mapping_table_is_joined_by_any_of_the_three_ids() -> None:
    con = lake(
        activity=[
            activity("a@x", zendesk_active=1, marketo_lead_id=1),
            activity("b@x", zendesk_active=1, zendesk_user_id=2),
        ],
        mapping=[
            {"customer360_id": "id_a", "marketo_lead_id": 1},
            {"customer360_id": "id_b", "zendesk_user_id": 2},
        ],
        address=[address("id_a", "US")],
    )
    found = oracle(con, definition(FLAGGED, {"geography": {"minimum_match_rate": 0.5}}))
    matched = {one["key"]: one["matched_rows"] for one in found["match_rates"] if one["left_table"] == "cohort"}
    assert matched == {"marketo_lead_id": 1, "stripe_customer_id": 0, "zendesk_user_id": 1, "any": 2}
    of = [one for one in found["distributions"] if one["dimension"] == "country"]
    # The mapping reaches both, an address only one: half of the cohort, the least that is claimed.
    assert {one["value"]: (one["n"], one["share"]) for one in of} == {"US": (1, 1.0)}


def test_a_definition_may_read_a_column_from_another_table() -> None:
    con = lake(
        activity=[activity("a", customer_segment="SMB")],
        value=[value("a", customer_segment="Startup")],
    )
    sections = {"channels": {"dimensions": ["customer_segment"]}}
    found = oracle(con, definition(FLAGGED, sections, columns={"customer_segment": "value"}))
    assert {one["value"] for one in found["distributions"]} == {"Startup"}


# --- lakes on disk, other tables, tests as a family ----------------------------------------------


def test_a_lake_of_delta_tables_is_read_by_role(tmp_path: Path) -> None:
    rows = pa.Table.from_pylist([{"primary_email": "A "}, {"primary_email": "a"}], pa.schema({"primary_email": TEXT}))
    write_deltalake(str(tmp_path / "customer360__customer_activity_metrics"), rows)
    found = oracle(load_lake(tmp_path), definition(FLAGGED, {}))
    assert found["attrition"][0]["n_remaining"] == 1


def test_ltv_is_the_funnels_where_the_value_table_is_empty() -> None:
    con = lake(
        activity=[activity("a", zendesk_active=1)],
        funnel=[funnel("a", 1, 1) | {"estimated_customer_ltv": 12.0}],
        value=[],
    )
    sections = {"cohort_profile": {"measures": [{"column": "estimated_customer_ltv", "unit": "currency"}]}}
    population = row(oracle(con, definition(FLAGGED, sections))["measures"], group_name="population")
    assert (population["mean"], population["source_table"]) == (12.0, TABLES["funnel"])


def test_a_base_of_rows_without_keys_gives_tables_without_customers() -> None:
    sections = {
        "cohort_profile": {"measures": [{"column": "customer_health_score", "unit": "points"}]},
        "tier_ltv": {},
        "channels": {"dimensions": ["primary_engagement_channel"]},
        "geography": {"minimum_match_rate": 0.5},
        "platforms": {},
        "risk_velocity": {"framework": FRAMEWORK},
        "value_risk": VALUE_RISK,
    }
    con = lake(activity=[activity(None)], funnel=[funnel("b", 15, 40)], value=[value("a", "Gold", 1.0)])
    wanted = definition(CONVERSION, sections, recommend="framework_segment", strategies=TEXTS)
    found = oracle(con, wanted)
    assert [one["n_remaining"] for one in found["attrition"]] == [0, 0, 0, 0]
    assert {one["n"] for one in found["measures"]} == {0}
    assert found["cohort_members"] == found["crosstabs"] == found["strategies"] == []
    assert found["quality_counts"]["customers_absent_from_base:value"] == 1
    assert_tables_equal(found, found)


def test_benjamini_hochberg_of_four() -> None:
    # Sorted 0.01 0.02 0.03 0.5: 0.04, 0.04, 0.04, 0.5.
    assert benjamini_hochberg([0.5, 0.01, 0.03, 0.02]) == [0.5, approx(0.04), approx(0.04), approx(0.04)]


def test_constant_groups_are_not_tested() -> None:
    assert hedges_g(Sample(3, 1.0, 0.0), Sample(3, 2.0, 1.0)) is None
    assert fisher_z(0.5, 3).p_value is None


# --- the comparison of tables -------------------------------------------------------------------


def test_every_key_column_is_a_column_of_the_contract() -> None:
    assert KEYS.keys() == CONTRACT.keys()
    assert all(set(key) <= set(CONTRACT[table]) for table, key in KEYS.items())


MATCH = {
    "left_table": "a",
    "right_table": "b",
    "key": "k",
    "left_rows": 3,
    "matched_rows": 1,
    "match_rate": 1 / 3,
}
ONLY_MATCHES = {"match_rates": KEYS["match_rates"]}


def test_equal_up_to_the_ninth_digit_is_equal() -> None:
    theirs = MATCH | {"match_rate": 1 / 3 * (1 + 5e-10)}
    assert_tables_equal({"match_rates": [MATCH]}, {"match_rates": [theirs]}, keys=ONLY_MATCHES)


@pytest.mark.parametrize(
    ("theirs", "message"),
    [
        pytest.param([MATCH | {"match_rate": 1 / 3 * (1 + 2e-9)}], r"match_rate: ours 0\.33", id="ninth_digit"),
        pytest.param([MATCH | {"matched_rows": 2}], "matched_rows: ours 1, theirs 2", id="count"),
        pytest.param([MATCH | {"match_rate": None}], "theirs None", id="null_is_not_a_number"),
        pytest.param([MATCH | {"match_rate": math.nan}], "theirs nan", id="nan_is_not_a_number"),
        pytest.param([MATCH | {"matched_rows": True}], "theirs True", id="another_type"),
        pytest.param([], "row only in ours", id="row_absent"),
        pytest.param([MATCH, MATCH | {"key": "x"}], "row only in theirs", id="row_too_many"),
        pytest.param([MATCH, MATCH], "1 repeated keys in theirs", id="key_repeated"),
        pytest.param(
            [{name: x for name, x in MATCH.items() if name != "match_rate"}],
            "column match_rate is missing in theirs",
            id="column_absent",
        ),
    ],
)
def test_a_difference_is_named(theirs: list[dict[str, Any]], message: str) -> None:
    with pytest.raises(AssertionError, match=message):
        assert_tables_equal({"match_rates": [MATCH]}, {"match_rates": theirs}, keys=ONLY_MATCHES)


def test_an_absent_table_is_a_difference() -> None:
    with pytest.raises(AssertionError, match="the table is missing in theirs"):
        assert_tables_equal({"match_rates": []}, {}, keys=ONLY_MATCHES)
