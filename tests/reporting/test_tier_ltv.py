"""Lifetime value by tier: means with their intervals, and which tiers the charts leave to the tables."""

from __future__ import annotations

import pytest

from jobs.reporting.charts.specifications import DotChart, PairChart
from jobs.reporting.report import build_report
from jobs.reporting.rows import Rows
from tests.reporting.conftest import Results, chapter_of, load_parsed, load_results

PAIR, DOTS = "conversion_behaviour", "special_conversion"


def _results(name: str, stray: int | None = None) -> Results:
    """Gold with intervals of its means; with `stray`, the tier 'gold' of so many cohort customers, too."""
    results = load_results(name)
    rows = [r for r in results["comparisons"] if r["section"] == "tier_ltv" and r["stratum"] == "Gold"]
    for row in rows:
        row |= {"mean_a": 200.0, "mean_a_low": 190.0, "mean_a_high": 210.0,
                "mean_b": 300.0, "mean_b_low": 250.0, "mean_b_high": 350.0}  # fmt: skip
    if stray is not None:
        results["comparisons"] += [row | {"stratum": "gold", "n_a": stray} for row in rows]
    return results


def _chapter(results: Results, name: str, language: str = "en") -> str:
    return chapter_of(results, name, "tier_ltv", language)


def _chart(results: Results, name: str) -> DotChart:
    figures = build_report(Rows(results), load_parsed(name), "en").figures()
    chart = next(figure.chart for figure in figures if figure.name in ("ltv_comparison", "ltv_difference"))
    assert isinstance(chart, PairChart | DotChart)
    return chart.left if isinstance(chart, PairChart) else chart


def test_means_stand_with_their_intervals_in_the_table() -> None:
    line = next(one for one in _chapter(_results(PAIR), PAIR).split("\n") if one.startswith("| Gold | 178 |"))
    assert "| \\$200 (\\$190 to \\$210) |" in line
    assert "| \\$300 (\\$250 to \\$350) |" in line


def test_means_stand_with_their_intervals_in_the_chart() -> None:
    (row,) = [row for row in _chart(_results(PAIR), PAIR).rows if row.label == "Gold"]
    assert [(point.value, point.low, point.high) for point in row.points] == [(200, 190, 210), (300, 250, 350)]


@pytest.mark.parametrize(("n", "is_drawn"), [(9, True), (8, False)])
def test_another_spelling_of_less_than_a_hundredth_of_the_cohort_is_in_the_table_only(n: int, is_drawn: bool) -> None:
    results = _results(DOTS, stray=n)
    assert ("gold" in [row.label for row in _chart(results, DOTS).rows]) is is_drawn
    text = _chapter(results, DOTS)
    assert f"| gold | {n} |" in text
    assert "Spellings that differ by case or blanks alone are values of their own." in text


def test_where_no_tier_is_spelled_twice_nothing_is_said_of_spellings() -> None:
    results = _results(DOTS)
    known = {"Basic", "Bronze", "Silver", "Gold", "Platinum", "overall"}
    results["comparisons"] = [
        row for row in results["comparisons"] if row["section"] != "tier_ltv" or row["stratum"] in known
    ]
    assert "Spellings" not in _chapter(results, DOTS)


@pytest.mark.parametrize("p_adjusted", [0.001, 0.2])
def test_a_mark_is_filled_where_the_difference_stands(p_adjusted: float) -> None:
    results = _results(DOTS)
    for row in results["comparisons"]:
        if row["section"] == "tier_ltv" and row["stratum"] == "Gold" and row["group_b"] == "peers":
            row |= {"p_value": p_adjusted, "p_adjusted": p_adjusted}
    (row,) = [row for row in _chart(results, DOTS).rows if row.label == "Gold"]
    assert row.points[0].is_open is (p_adjusted > 0.05)
