"""Composite indices and alerts of the oracle against numbers worked by hand."""

from __future__ import annotations

from typing import Any

import duckdb
import pytest

from tests.oracle import oracle
from tests.oracle.by_hand import activity, approx, definition, lake, row, value

# Everybody with an engagement score above nought.
ENGAGED = [{"column": "composite_engagement_score", "operator": ">", "value": 0}]
KPI = {"measure": "customer_health_score", "target_ratio": 1.5, "alarm_ratio": 0.5}
STRATEGIES = {
    "call": {"owner": "success", "due_days": 7, "kpi": KPI},
    "write": {"owner": "marketing", "due_days": 30, "kpi": KPI},
}


def customer(email: str, **columns: Any) -> dict[str, Any]:
    return activity(email, **{"composite_engagement_score": 1.0} | columns)


def counts(rows: list[dict[str, Any]], dimension: str) -> dict[str, tuple[int, float]]:
    return {one["value"]: (one["n"], one["share"]) for one in rows if one["dimension"] == dimension}


# --- indices ------------------------------------------------------------------------------------

INDICES = {
    "value": {
        "parts": [
            {"column": "estimated_customer_ltv", "weight": 0.5, "scale": "min_max"},
            {"column": "monetary_score", "weight": 0.3, "scale": "min_max"},
            {"column": "number_of_platforms", "weight": 0.2, "scale": "min_max"},
        ]
    },
    "risk": {
        "parts": [
            {
                "column": "activity_risk_level",
                "weight": 0.4,
                "scale": "ordinal",
                "levels": {"Low": 0.25, "High": 0.75, "Critical": 1},
            },
            {"column": "zendesk_active", "weight": 0.35, "scale": "off"},
            {
                "column": "primary_engagement_channel",
                "weight": 0.25,
                "scale": "weak",
                "measure": "customer_health_score",
            },
        ]
    },
    "cells": [
        {"value": "low", "risk": "medium", "strategy": "call"},
        {"value": "low", "risk": "high", "strategy": "write"},
    ],
}
# LTV, monetary score, systems on | risk level, Zendesk active, channel, health | churn
HELD: dict[str, tuple[Any, ...]] = {
    "a": (0.0, 1, 1, "Low", 1, "Email", 40.0, 0.5),
    "b": (50.0, 3, 2, "Low", 0, "Email", 60.0, 0.5),
    "c": (50.0, 3, 2, "High", 0, "Event", 80.0, None),
    "d": (50.0, 3, 2, "Critical", None, "Event", 100.0, 1.0),
    "e": (100.0, 5, 3, "Unheard of", 1, "Web", 60.0, 1.0),
    "f": (None, 3, 2, "Low", 1, "Web", 60.0, 1.0),
    "h": (50.0, 3, None, "Low", 1, None, 20.0, 1.0),
    # Not engaged: neither the range of LTV nor the mean of a channel knows it.
    "x": (9_999.0, 99, 0, "Critical", 0, "Event", -999.0, 1.0),
}


def indexed_lake() -> duckdb.DuckDBPyConnection:
    systems = ("in_marketo", "in_stripe", "in_zendesk")
    return lake(
        activity=[
            customer(
                email,
                composite_engagement_score=0.0 if email == "x" else 1.0,
                activity_risk_level=risk,
                zendesk_active=active,
                primary_engagement_channel=channel,
                customer_health_score=health,
                # an unknown flag where the number of systems is not given
                **{name: 2 if on is None else int(place < on) for place, name in enumerate(systems)},
            )
            for email, (_, _, on, risk, active, channel, health, _) in HELD.items()
        ],
        value=[
            value(email, "T", ltv, monetary_score=score, churn_probability=churn)
            for email, (ltv, score, *_, churn) in HELD.items()
        ],
    )


@pytest.fixture(scope="module")
def indexed() -> dict[str, Any]:
    wanted = definition(ENGAGED, {"indices": INDICES}, recommend="indices", strategies=STRATEGIES)
    return oracle(indexed_lake(), wanted)


def test_an_index_weighs_parts_and_a_missing_part_leaves_none(indexed: dict[str, Any]) -> None:
    members = {one["customer_key"]: (one["value_index"], one["risk_index"]) for one in indexed["cohort_members"]}
    # Value: LTV over 0..100, score over 1..5, systems over 1..3; f has no LTV, h no number of systems.
    # Risk: Email has mean health 50 below the cohort's 420/7 = 60, Event 90 above, Web 60 equal: not weak.
    # a .4 x .25 + 0 + .25, b .1 + .35 + .25, c .3 + .35 + 0, f .1; d lacks the flag, e's level is off the list,
    # h has no channel.
    assert members == {
        "a": (0.0, approx(0.35)),
        "b": (approx(0.5), approx(0.7)),
        "c": (approx(0.5), approx(0.65)),
        "d": (approx(0.5), None),
        "e": (1.0, None),
        "f": (None, approx(0.1)),
        "h": (None, None),
    }
    assert indexed["quality_counts"]["customers_without_index:value_index"] == 2
    assert indexed["quality_counts"]["customers_without_index:risk_index"] == 3


def test_a_value_equal_to_p33_is_low_and_one_equal_to_p67_is_not_high(indexed: dict[str, Any]) -> None:
    measured = row(indexed["measures"], measure="value_index")
    # 0 .5 .5 .5 1: positions 1.32 and 2.68 both lie among the halves.
    assert (measured["p33"], measured["p67"]) == (0.5, 0.5)
    levels = {one["customer_key"]: one["value_index_level"] for one in indexed["cohort_members"]}
    assert levels == {"a": "low", "b": "low", "c": "low", "d": "low", "e": "high", "f": None, "h": None}


def test_who_ties_on_p67_is_medium() -> None:
    parts = [{"column": "customer_health_score", "weight": 1, "scale": "min_max"}]
    con = lake(activity=[customer(f"c{i}", customer_health_score=x) for i, x in enumerate([0.0, 0.0, 9.0, 9.0])])
    sections = {"indices": {"value": {"parts": parts}, "risk": {"parts": parts}}}
    found = oracle(con, definition(ENGAGED, sections))
    # Positions 0.99 and 2.01 lie among equals: P33 is 0, P67 is 1.
    levels = {one["customer_key"]: one["value_index_level"] for one in found["cohort_members"]}
    assert levels == {"c0": "low", "c1": "low", "c2": "medium", "c3": "medium"}


def test_thresholds_interpolate_between_neighbours(indexed: dict[str, Any]) -> None:
    measured = row(indexed["measures"], measure="risk_index")
    # .1 .35 .65 .7: positions 0.99 and 2.01.
    assert (measured["p33"], measured["p67"]) == (approx(0.1 + 0.99 * 0.25), approx(0.65 + 0.01 * 0.05))
    levels = {one["customer_key"]: one["risk_index_level"] for one in indexed["cohort_members"]}
    assert levels == {"f": "low", "a": "medium", "c": "medium", "b": "high", "d": None, "e": None, "h": None}


def test_an_index_and_its_parts_are_measures_of_the_cohort(indexed: dict[str, Any]) -> None:
    of = [one for one in indexed["measures"] if one["section"] == "indices"]
    assert {(one["group_name"], one["unit"], one["source_table"]) for one in of} == {("cohort", "points", None)}
    whole = row(of, measure="value_index")
    assert (whole["n"], whole["n_missing"], whole["mean"], whole["median"]) == (5, 2, approx(0.5), approx(0.5))
    # The part knows six customers: 0, four halves, 1.
    part = row(of, measure="value_index.estimated_customer_ltv")
    assert (part["n"], part["n_missing"], part["mean"], part["p33"]) == (6, 1, approx(0.5), None)
    weak = row(of, measure="risk_index.primary_engagement_channel")
    assert (weak["n"], weak["mean"]) == (6, approx(2 / 6))
    assert len(of) == 8


def test_levels_are_counted_and_crossed(indexed: dict[str, Any]) -> None:
    assert counts(indexed["distributions"], "value_index_level") == {
        "high": (1, approx(1 / 7)),
        "medium": (0, 0.0),
        "low": (4, approx(4 / 7)),
        "(none)": (2, approx(2 / 7)),
    }
    assert {(one["group_name"], one["population_share"], one["index"]) for one in indexed["distributions"]} == {
        ("cohort", None, None)
    }
    cells = {
        (one["row_value"], one["column_value"]): (one["n"], one["value_at_stake"], one["label"])
        for one in indexed["crosstabs"]
    }
    # At stake: a 0, b 50 x .5, c 50 (churn missing), d 50, e 100, f 0 (LTV missing), h 50.
    assert cells == {
        ("low", "medium"): (2, 50.0, "call"),
        ("low", "high"): (1, 25.0, "write"),
        ("low", "(none)"): (1, 50.0, None),
        ("high", "(none)"): (1, 100.0, None),
        ("(none)", "low"): (1, 0.0, None),
        ("(none)", "(none)"): (1, 50.0, None),
    }


def test_cells_of_the_indices_can_be_recommended(indexed: dict[str, Any]) -> None:
    ranked = {one["segment"]: (one["priority"], one["n"], one["kpi_now"]) for one in indexed["strategies"]}
    assert ranked == {"low/medium": (1, 2, 60.0), "low/high": (2, 1, 60.0), "(none)": (3, 4, None)}


def test_a_constant_part_counts_nought_and_is_reported() -> None:
    parts = [
        {"column": "customer_health_score", "weight": 0.5, "scale": "min_max"},
        {"column": "activity_efficiency", "weight": 0.5, "scale": "min_max"},
    ]
    con = lake(
        activity=[
            customer("a", customer_health_score=7.0, activity_efficiency=1.0),
            customer("b", customer_health_score=7.0, activity_efficiency=3.0),
            customer("c", customer_health_score=None, activity_efficiency=2.0),
        ]
    )
    found = oracle(con, definition(ENGAGED, {"indices": {"value": {"parts": parts}, "risk": {"parts": parts}}}))
    indices = {one["customer_key"]: one["value_index"] for one in found["cohort_members"]}
    assert indices == {"a": 0.0, "b": 0.5, "c": None}
    assert found["quality_counts"]["constant_index_part:value_index.customer_health_score"] == 1
    assert "constant_index_part:value_index.activity_efficiency" not in found["quality_counts"]


def test_rounding_of_doubles_decides_no_level() -> None:
    # .4 x .25 + .05 and .25 x .6 are both .15; as sums of doubles the first is larger in its last digit.
    parts = [
        {"column": "activity_risk_level", "weight": 0.4, "scale": "ordinal", "levels": {"one": 0.25, "two": 0}},
        {"column": "engagement_velocity", "weight": 0.25, "scale": "ordinal", "levels": {"one": 0, "two": 0.6}},
        {"column": "primary_engagement_channel", "weight": 0.05, "scale": "ordinal", "levels": {"one": 1, "two": 0}},
        {"column": "lifecycle_stage", "weight": 0.3, "scale": "ordinal", "levels": {"one": 0, "two": 0}},
    ]
    assert 0.4 * 0.25 + 0.05 > 0.25 * 0.6
    rows = [
        customer(f"{kind}{i}", **{part["column"]: kind for part in parts}) for kind in ("one", "two") for i in "abc"
    ]
    sections = {"indices": {"value": {"parts": parts}, "risk": {"parts": parts}}}
    found = oracle(lake(activity=rows), definition(ENGAGED, sections))
    assert {one["value_index_level"] for one in found["cohort_members"]} == {"low"}


def test_a_cohort_of_nobody_has_no_thresholds() -> None:
    con = lake(activity=[customer("a", composite_engagement_score=-1.0)], value=[value("a")])
    found = oracle(con, definition(ENGAGED, {"indices": INDICES, "alerts": ALERTS}))
    index = row(found["measures"], measure="value_index")
    assert (index["n"], index["n_missing"], index["mean"], index["p33"], index["p67"]) == (0, 0, None, None, None)
    assert {(one["n"], one["share"]) for one in found["distributions"]} == {(0, None)}
    assert found["quality_counts"]["customers_without_index:value_index"] == 0


# --- alerts -------------------------------------------------------------------------------------

ALERTS = {
    "rules": [
        {
            "name": "in_danger",
            "level": "red",
            "all": [
                {"column": "activity_risk_level", "operator": "in", "value": ["High", "Critical"]},
                {"column": "customer_health_score", "operator": "<", "value": 70},
            ],
            "downgrade": {"to": "amber", "all": [{"column": "zendesk_active", "operator": "=", "value": 1}]},
            "strategy": "call",
        },
        {"name": "weak", "level": "amber", "all": [{"column": "customer_health_score", "operator": "<", "value": 30}]},
    ]
}


@pytest.fixture(scope="module")
def alerted() -> dict[str, Any]:
    # risk level, health, Zendesk active, LTV
    held = {
        "p": ("High", 60.0, 1, 10.0),
        "q": ("High", 69.0, 0, 20.0),
        "r": ("Critical", 60.0, None, None),
        "s": ("Low", 20.0, 1, 40.0),
        "t": ("Critical", 20.0, 0, 80.0),
        "u": ("High", None, 0, 160.0),
        "v": ("High", 70.0, 0, 320.0),
        "x": ("High", 60.0, 0, 640.0),
    }
    con = lake(
        activity=[
            customer(
                email,
                composite_engagement_score=0.0 if email == "x" else 1.0,
                activity_risk_level=risk,
                customer_health_score=health,
                zendesk_active=active,
            )
            for email, (risk, health, active, _) in held.items()
        ],
        value=[value(email, "T", ltv, churn_probability=0.5) for email, (*_, ltv) in held.items()],
    )
    return oracle(con, definition(ENGAGED, {"alerts": ALERTS}, recommend="alerts", strategies=STRATEGIES))


def test_the_first_alert_that_matches_counts_and_may_be_lowered(alerted: dict[str, Any]) -> None:
    # p is active in Zendesk: lowered; r's flag is missing: not lowered. t matches both rules, the first wins.
    # u has no health: no rule can be decided. v's 70 is not below 70.
    assert {one["customer_key"]: one["alert"] for one in alerted["cohort_members"]} == {
        "p": "amber",
        "q": "red",
        "r": "red",
        "s": "amber",
        "t": "red",
        "u": None,
        "v": None,
    }
    assert counts(alerted["distributions"], "alert") == {
        "red": (3, approx(3 / 7)),
        "amber": (2, approx(2 / 7)),
        "(none)": (2, approx(2 / 7)),
    }


def test_alerts_are_counted_by_rule_with_what_is_at_stake(alerted: dict[str, Any]) -> None:
    assert {one["group_name"] for one in alerted["crosstabs"]} == {"cohort"}
    cells = {
        (one["row_value"], one["column_value"]): (one["n"], one["sum_ltv"], one["value_at_stake"], one["label"])
        for one in alerted["crosstabs"]
    }
    assert cells == {
        ("in_danger", "red"): (3, 100.0, 50.0, "call"),
        ("in_danger", "amber"): (1, 10.0, 5.0, "call"),
        ("weak", "amber"): (1, 40.0, 20.0, None),
        ("(none)", "(none)"): (2, 480.0, 240.0, None),
    }
    # The rule without a strategy is not recommended; health 60 69 60 20. Left: 20 of the weak, 240 of no alert.
    only, rest = sorted(alerted["strategies"], key=lambda one: one["priority"])
    assert (rest["segment"], rest["n"], rest["value_at_stake"]) == ("(none)", 3, 260.0)
    assert (only["segment"], only["n"], only["value_at_stake"], only["kpi_now"]) == ("in_danger", 4, 55.0, 52.25)
