"""Mean health per level of risk: where it is printed, which levels lead, and what is not printed beside it."""

from __future__ import annotations

from typing import Any

import pytest

from jobs.reporting.report import build_report
from jobs.reporting.rows import Rows
from tests.reporting.conftest import Results, chapter_of, load_parsed, load_results

NAME = "conversion_behaviour"
WHERE = {"section": "risk_velocity", "row_dimension": "activity_risk_level", "column_dimension": None}


def _results(p_adjusted: float = 0.001, **levels: tuple[float, int]) -> Results:
    """The cohort's levels with these means and numbers; the test of risk levels with this p-value in both groups."""
    results = load_results(NAME)
    for row in results["associations"]:
        if row["section"] == "risk_velocity" and row["x"] == "activity_risk_level":
            row |= {"p_value": p_adjusted, "p_adjusted": p_adjusted}
    for row in results["crosstabs"]:
        if row["group_name"] == "cohort" and all(row[name] == value for name, value in WHERE.items()):
            mean, n = levels.get(row["row_value"], (70.0, row["n"]))
            row |= {"mean_health": mean, "health_ci_low": mean - 1, "health_ci_high": mean + 1, "n": n, "n_health": n}
    return results


def _chapter(results: Results, language: str = "en") -> str:
    return chapter_of(results, NAME, "risk_velocity", language)


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("en", "By risk level, mean health in the cohort is highest at Low (74.50; 95% interval 73.50"
               " to 75.50) and lowest at Critical (61.00; 60.00 to 62.00)"),
        ("zh", "按风险等级看，目标群体的平均健康度以“低”最高（74.50，95% 区间 73.50 至 75.50），"
               "以“危急”最低（61.00，60.00 至 62.00）"),
    ],
)  # fmt: skip
def test_the_ends_are_named_with_their_intervals(language: str, expected: str) -> None:
    assert expected in _chapter(_results(Low=(74.5, 120), Critical=(61.0, 90)), language)


def test_a_level_of_less_than_a_hundredth_leads_no_sentence_and_is_in_the_table() -> None:
    text = _chapter(_results(Low=(99.0, 8), Critical=(61.0, 90), Medium=(72.0, 300)))
    assert "highest at Medium (72.00;" in text
    assert "| Low | 99.00 | 98.00 to 100.00 |" in text


def test_a_handful_is_folded_into_one_line() -> None:
    everybody = {**WHERE, "group_name": "population"}
    results = _results(Low=(99.0, 4))
    results["crosstabs"] = [
        row for row in results["crosstabs"]
        if not (row["row_value"] == "Low" and all(row[name] == value for name, value in everybody.items()))
    ]  # fmt: skip
    text = _chapter(results)
    assert "99.00" not in text


def test_no_numbers_of_customers_stand_beside_the_means() -> None:
    head = next(line for line in _chapter(_results()).split("\n") if line.startswith("| Risk level | Cohort"))
    assert head == "| Risk level | Cohort, mean health | 95% interval | All customers, mean health | 95% interval |"


@pytest.mark.parametrize(("p_adjusted", "is_there"), [(0.001, True), (0.4, False)])
def test_without_a_difference_no_level_is_singled_out(p_adjusted: float, is_there: bool) -> None:
    assert ("By risk level, mean health" in _chapter(_results(p_adjusted))) is is_there


def _title(results: Results) -> str:
    figures: Any = build_report(Rows(results), load_parsed(NAME), "en").figures()
    return str(next(figure.chart.title for figure in figures if figure.name == "risk_velocity_heatmap"))


def test_the_chart_names_the_ends_where_levels_differ() -> None:
    levels = {"Low": (74.5, 120), "Critical": (61.0, 90)}
    assert _title(_results(**levels)).endswith("risk levels: 74.50 at Low, 61.00 at Critical")
    assert _title(_results(0.4, **levels)).endswith("no difference between risk levels shown")


def test_a_small_level_with_a_hidden_cell_has_no_mean() -> None:
    """Beside the means of its other cells it would come close to what the hidden cell holds."""
    results = _results(Critical=(75.25, 8))
    assert "75.25" in _chapter(results)
    cells = [
        row for row in results["crosstabs"]
        if row["group_name"] == "cohort" and row["row_value"] == "Critical" and row["column_dimension"]
    ]  # fmt: skip
    cells[0] |= {"n": 3, "n_health": 3}
    assert "75.25" not in _chapter(results)
