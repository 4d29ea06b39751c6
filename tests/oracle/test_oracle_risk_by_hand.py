"""Risk, value and strategies: the oracle against numbers worked by hand."""

from __future__ import annotations

from typing import Any

import duckdb
import pytest

from tests.oracle import oracle
from tests.oracle.by_hand import (
    FLAGGED,
    activity,
    definition,
    lake,
    row,
    value,
)
from tests.oracle.rules_by_hand import FRAMEWORK, TEXTS, VALUE_RISK


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
