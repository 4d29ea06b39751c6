"""A definition against the data: what is said where a condition, a threshold, a value or a rule does not fit."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from jobs.definition_checks import likely_unit, nearest_value
from jobs.engines import Engine
from tests.jobs.small_lake import computed, customers, definition_of, write

VELOCITIES = ["Accelerating", "Stable", "Volatile", "Declining", "Stagnant"]
CHECKS = (
    "predicate_selects_nobody",
    "predicate_selects_everybody",
    "threshold_outside_range",
    "value_never_occurs",
    "spelled_otherwise",
    "parts_exceed_whole",
    "outside_scale",
    "rules_overlap",
    "rules_leave_out",
)
Row = Mapping[str, Any]
Check = Callable[..., list[Row]]


@pytest.fixture(scope="module")
def lake(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twenty customers: contributions from 0.01 to 0.20, percentages from 5 to 100, health from 1.0 to 2.9."""
    folder = tmp_path_factory.mktemp("checks") / "lake"
    rows = [
        {
            "customer_tier": ("Gold", "Platinum", "Basic", None)[number % 4],
            "portfolio_contribution_pct": (number + 1) / 100,
            "revenue_risk_percentage": 5.0 * (number + 1),
            "customer_health_score": 1 + number / 10,
            "monetary_score": None if number == 0 else number % 5 + 1,
            "risk_category": "Minimal",
        }
        for number in range(20)
    ]
    write(folder, "value", customers(*rows))
    activity = [{"engagement_velocity": VELOCITIES[number % 5]} for number in range(20)]
    write(folder, "activity", customers(*activity))
    return folder


@pytest.fixture
def checked(engine: Engine, lake: Path) -> Check:
    """The rows of quality that a definition gives, without its identity."""

    def check(*cohort: Row, **parts: Any) -> list[Row]:
        sections = parts.pop("sections", {})
        if cohort:
            parts["cohort"] = list(cohort)
            sections = {"cohort_profile": {"measures": []}} | sections
        parts = {"columns": {"customer_health_score": "value"}, **parts}
        found = computed(engine, lake, definition_of(sections=sections, **parts))
        return [row for row in found.rows["quality"] if row["check_name"] in CHECKS]

    return check


def above(column: str, value: float) -> Row:
    return {"column": column, "operator": ">", "value": value}


def test_a_definition_that_fits_the_data_gives_no_row(checked: Check) -> None:
    assert checked(above("portfolio_contribution_pct", 0.05), above("monetary_score", 3)) == []


def test_a_percentage_where_the_column_holds_fractions_is_named(checked: Check) -> None:
    found = {
        row["check_name"]: row for row in checked(above("monetary_score", 2), above("portfolio_contribution_pct", 5))
    }
    assert set(found) == {"threshold_outside_range", "predicate_selects_nobody"}
    row = found["threshold_outside_range"]
    assert row["params"] == {
        "column": "portfolio_contribution_pct",
        "place": "cohort.1",
        "threshold": "5",
        "minimum": "0.01",
        "maximum": "0.2",
        "likely_unit": "fraction",
    }
    assert (row["touches_section"], row["touches_measure"]) == ("attrition", "portfolio_contribution_pct")
    assert (row["severity"], row["passed"], row["observed"], row["expected"]) == ("warning", False, 5.0, "0.01 to 0.2")
    assert row["table_name"] == "customer360__customer_value_analysis"
    assert row["message_id"] == "threshold_outside_range"


def test_a_fraction_where_the_column_holds_percentages_selects_everybody(checked: Check) -> None:
    found = {row["check_name"]: row for row in checked(above("revenue_risk_percentage", 0.05))}
    assert set(found) == {"threshold_outside_range", "predicate_selects_everybody"}
    assert found["threshold_outside_range"]["params"]["likely_unit"] == "percent"
    assert found["predicate_selects_everybody"]["observed"] == 20.0
    assert found["predicate_selects_everybody"]["params"] == {"column": "revenue_risk_percentage", "place": "cohort.0"}


@pytest.mark.parametrize(
    ("threshold", "minimum", "maximum", "unit"),
    [
        (5, 0.0004, 0.5, "fraction"),
        (1, 0.0, 0.5, None),
        (70, 1.3, 3.5, None),
        (0.05, 1.0, 80.0, "percent"),
        (0.05, -1.0, 80.0, None),
        (0.05, 1.0, 101.0, None),
        (0.0, 1.0, 80.0, None),
    ],
)
def test_the_likely_unit(threshold: float, minimum: float, maximum: float, unit: str | None) -> None:
    assert likely_unit(threshold, minimum, maximum) == unit


def test_a_range_is_outside_only_where_it_misses_every_value(checked: Check) -> None:
    def between(low: float, high: float) -> Row:
        return {"column": "customer_health_score", "operator": "between", "value": [low, high]}

    assert checked(between(2, 70)) == []
    found = [row["params"].get("threshold") for row in checked(between(50, 70))]
    assert sorted(found, key=str) == ["50", None]


def test_a_statistic_has_no_threshold_to_check_but_may_select_nobody(checked: Check) -> None:
    median = {"column": "customer_health_score", "operator": ">", "statistic": "median"}
    assert checked(median) == []
    # no customer lies above the highest value of its own tier
    (row,) = checked({**median, "statistic": "top_0", "within": "customer_tier"})
    assert (row["check_name"], row["params"]["place"]) == ("predicate_selects_nobody", "cohort.0")


def test_a_value_that_never_occurs_is_named_with_the_nearest_that_does(engine: Engine, lake: Path) -> None:
    value_risk = {
        "value_levels": [{"name": "high", "all": [above("monetary_score", 3)]}],
        "risk_levels": [{"name": "low", "all": [velocity("Stable")]}],
        "risk_levels_as_written": [{"name": "low", "all": [above("monetary_score", 3), velocity("Increasing")]}],
        "cells": [],
    }
    sections = {"cohort_profile": {"measures": []}, "value_risk": value_risk}
    definition = definition_of(cohort=[above("monetary_score", 2)], sections=sections)
    quality = computed(engine, lake, definition).rows["quality"]
    (row,) = [row for row in quality if row["check_name"] == "value_never_occurs"]
    assert row["params"] == {
        "column": "engagement_velocity",
        "place": "sections.value_risk.risk_levels_as_written.0.all.1",
        "value": "Increasing",
        "nearest": "Accelerating",
    }
    assert (row["touches_section"], row["touches_measure"]) == ("value_risk_as_written", "engagement_velocity")
    assert row["table_name"] == "customer360__customer_activity_metrics"


def test_customers_missed_by_case_or_blanks_alone_are_counted_once_per_section(engine: Engine, tmp_path: Path) -> None:
    tiers = ["Gold", "Gold", "gold", " GOLD ", "Golden", "platinum", None]
    write(tmp_path, "value", customers(*({"customer_tier": tier, "monetary_score": 3} for tier in tiers)))
    conditions = [
        {"column": "customer_tier", "operator": "in", "value": ["Gold", "Platinum"]},
        {"column": "customer_tier", "operator": "!=", "value": "Basic"},
    ]
    definition = definition_of(cohort=conditions, sections={"cohort_profile": {"measures": []}})
    quality = computed(engine, tmp_path, definition).rows["quality"]
    (row,) = [row for row in quality if row["check_name"] == "spelled_otherwise"]
    # 'platinum' is told by the value that never occurs
    assert (row["observed"], row["touches_section"], row["params"]["place"]) == (2.0, "attrition", "cohort.0")
    assert set(row["params"]) == {"column", "place"}


@pytest.mark.parametrize(("operator", "expected"), [(">", []), (">=", [11.0])])
def test_parts_of_a_whole_that_add_up_to_more_are_told(checked: Check, operator: str, expected: list[float]) -> None:
    # ten customers of more than a tenth each could just be the whole, eleven of a tenth or more cannot
    rows = checked({"column": "portfolio_contribution_pct", "operator": operator, "value": 0.1})
    found = [row for row in rows if row["check_name"] == "parts_exceed_whole"]
    assert [row["observed"] for row in found] == expected


def velocity(value: str) -> Row:
    return {"column": "engagement_velocity", "operator": "=", "value": value}


@pytest.mark.parametrize(
    ("value", "nearest"),
    [("Increasing", "Accelerating"), ("STABLE", "Stable"), ("stagnent", "Stagnant"), ("???", None)],
)
def test_the_nearest_value(value: str, nearest: str | None) -> None:
    assert nearest_value(value, VELOCITIES) == nearest


def test_each_value_of_a_list_is_looked_for_and_case_counts(checked: Check) -> None:
    tiers = {"column": "customer_tier", "operator": "in", "value": ["Gold", "platinum", "Copper"]}
    found = {row["params"]["value"]: row["params"].get("nearest") for row in checked(tiers)}
    assert found == {"platinum": "Platinum", "Copper": None}


def test_an_excluded_value_that_never_occurs_is_named_too(checked: Check) -> None:
    tiers = {"column": "customer_tier", "operator": "not in", "value": ["Glod"]}
    (row,) = checked(tiers)
    assert (row["check_name"], row["params"]["nearest"]) == ("value_never_occurs", "Gold")


@pytest.fixture
def segments(checked: Check) -> Check:
    def check(*rules: Row) -> list[Row]:
        options = {"measures": [{"column": "monetary_score", "unit": "score_1_5"}], "compare": []}
        return checked(segments={"rules": list(rules)}, sections={"segments": options})

    return check


def test_segments_that_overlap_are_counted_and_the_remainder_leaves_nobody_out(segments: Check) -> None:
    # monetary scores are 1 to 5, four customers each, one of them missing: 2, 3, 4, 5 and 4, 5
    (row,) = segments(
        {"name": "some", "all": [above("monetary_score", 1)]}, {"name": "many", "all": [above("monetary_score", 3)]}
    )
    assert (row["check_name"], row["observed"], row["expected"]) == ("rules_overlap", 8.0, "0")
    assert row["params"] == {"place": "segments.rules", "rules": "some, many"}
    assert (row["touches_section"], row["touches_measure"]) == ("segments", None)


def test_levels_without_otherwise_leave_out_whom_no_rule_matches(checked: Check) -> None:
    def levels(*more: Row) -> list[Row]:
        rules = [{"name": "low", "all": [{"column": "monetary_score", "operator": "<=", "value": 2}]}, *more]
        grid = {
            "value_levels": rules,
            "risk_levels": [{"name": "high", "otherwise": True}],
            "risk_levels_as_written": [{"name": "high", "otherwise": True}],
            "cells": [],
        }
        return checked(above("monetary_score", 1), sections={"value_risk": grid})

    (row,) = levels()
    # twelve with a score above 2, and the one without
    assert (row["check_name"], row["observed"]) == ("rules_leave_out", 13.0)
    assert row["params"] == {"place": "sections.value_risk.value_levels", "rules": "low"}
    assert levels({"name": "rest", "otherwise": True}) == []


@pytest.mark.parametrize(
    ("scale", "observed"),
    [
        pytest.param([0, 100], 20.0, id="values that fill next to nothing of the scale"),
        pytest.param([1, 2], 9.0, id="values off the scale"),
        pytest.param([1, 5], None, id="values on the scale"),
    ],
)
def test_health_on_another_scale_is_found(checked: Check, scale: list[float], observed: float | None) -> None:
    condition = {"column": "customer_health_score", "operator": ">", "statistic": "mean"}
    found = checked(condition, scales={"customer_health_score": scale})
    assert [row["observed"] for row in found] == ([] if observed is None else [observed])
    for row in found:
        assert row["check_name"] == "outside_scale"
        assert row["params"]["place"] == "scales.customer_health_score"
        assert (row["params"]["minimum"], row["params"]["maximum"]) == ("1", "2.9")
        assert (row["params"]["low"], row["params"]["high"]) == tuple(str(limit) for limit in scale)
        assert (row["touches_section"], row["touches_measure"]) == ("all", "customer_health_score")


def test_a_column_without_values_is_an_obstacle_and_not_checked(checked: Check) -> None:
    assert checked(above("marketing_to_sales_days", 10)) == []


def test_a_definition_that_fits_in_words_only_says_no_data_value_in_the_log(
    checked: Check, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG", logger="jobs")
    checked({"column": "customer_tier", "operator": "=", "value": "Glod"})
    assert "Gold" not in caplog.text
