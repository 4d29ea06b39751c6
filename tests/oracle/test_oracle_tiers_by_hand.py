"""Tiers and peers: the oracle against numbers worked by hand."""

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
    lake,
    row,
    value,
)


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
