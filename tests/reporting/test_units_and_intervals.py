"""An interval shows on which side of zero it lies; a measure has its unit also where nothing was computed."""

from __future__ import annotations

from typing import Any

import pytest

from jobs.reporting.context import Context
from jobs.reporting.rows import Rows
from jobs.reporting.words import words_for


def context(unit: str, *, is_computed: bool = True) -> Context:
    definition: dict[str, Any] = {"sections": {"cohort_profile": {"measures": [{"column": "m", "unit": unit}]}}}
    rows = [{"measure": "m", "unit": unit, "section": "cohort_profile", "group_name": "cohort"}] if is_computed else []
    words = words_for("en", definition)
    return Context(rows=Rows({"measures": rows}), definition=definition, words=words, chart_words=words, minimum=5)


@pytest.mark.parametrize(
    ("unit", "low", "high", "expected"),
    [
        ("points", 0.1234, 0.5, "+0.12 to +0.50"),
        ("points", 0.0026, 0.0229, "+0.0026 to +0.0229"),
        ("points", -0.0026, 0.0229, "−0.0026 to +0.0229"),
        ("points", 0.0, 0.5, "0.00 to +0.50"),
        ("share", 0.001, 0.008, "+0.1 to +0.8 percentage points"),
        ("share", 0.0002, 0.008, "+0.020 to +0.800 percentage points"),
    ],
)
def test_no_end_of_an_interval_of_a_difference_is_rounded_to_zero(
    unit: str, low: float, high: float, expected: str
) -> None:
    assert context(unit).change_interval("m", {"ci_low": low, "ci_high": high}) == expected


@pytest.mark.parametrize("is_computed", [True, False])
def test_a_measure_has_the_unit_its_definition_gives_it(is_computed: bool) -> None:
    assert context("days", is_computed=is_computed).figure("m", 30.0) == "30.0 days"
