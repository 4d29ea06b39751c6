"""Measures, categories and platforms: the oracle against numbers worked by hand."""

from __future__ import annotations

import math
from typing import Any

import pytest

from tests.oracle import oracle
from tests.oracle.by_hand import (
    FLAGGED,
    activity,
    approx,
    definition,
    flags,
    lake,
    profile_of,
    row,
    value,
)
from tests.oracle.formulas import Sample, welch_anova, wilson
from tests.oracle.lake import TABLES

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
