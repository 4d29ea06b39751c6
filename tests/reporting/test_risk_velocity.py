"""The grid of risk level and velocity: which of its cells have a colour."""

from __future__ import annotations

from typing import Any

import pytest

from jobs.reporting.charts.specifications import HeatCell, HeatChart
from jobs.reporting.report import build_report
from jobs.reporting.rows import Rows
from jobs.reporting.words import words_for
from tests.reporting.conftest import load_parsed, load_results


def _chart(name: str, language: str = "en", **change: Any) -> HeatChart:
    """The chart of a cohort of 894 with Low / Stable changed: 9 of them are a hundredth."""
    results = load_results(name)
    for row in results["crosstabs"]:
        if row["section"] == "risk_velocity" and (row["row_value"], row["column_value"]) == ("Low", "Stable"):
            row |= change
    figures = build_report(Rows(results), load_parsed(name), language).figures()
    chart = next(figure.chart for figure in figures if figure.name.startswith("risk_velocity"))
    assert isinstance(chart, HeatChart)
    return chart


def _cell(chart: HeatChart) -> HeatCell:
    return chart.cells[chart.rows.index("Low")][chart.columns.index("Stable")]


@pytest.mark.parametrize(("n_health", "value"), [(9, 99.0), (8, None)])
def test_a_mean_of_less_than_a_hundredth_of_the_cohort_stretches_no_scale(n_health: int, value: float | None) -> None:
    cell = _cell(_chart("conversion_behaviour", mean_health=99.0, n_health=n_health))
    assert cell.value == value
    assert "health 99.00" in cell.lines


@pytest.mark.parametrize(("n", "value"), [(9, 9.0), (8, None)])
def test_a_cell_of_less_than_a_hundredth_of_the_cohort_has_no_colour(n: int, value: float | None) -> None:
    cell = _cell(_chart("high_value_cohort", n=n, n_health=n))
    assert cell.value == value
    assert f"n = {n}" in cell.lines


def _with_stray_level(name: str, n: int) -> HeatChart:
    """The chart with a level of risk that one cell of `n` customers holds, beside a cohort of 894."""
    results = load_results(name)
    row = next(r for r in results["crosstabs"] if r["section"] == "risk_velocity" and r["row_value"] == "Low")
    results["crosstabs"].append(row | {"row_value": "low", "n": n, "n_health": n})
    figures = build_report(Rows(results), load_parsed(name), "en").figures()
    chart = next(figure.chart for figure in figures if figure.name.startswith("risk_velocity"))
    assert isinstance(chart, HeatChart)
    return chart


@pytest.mark.parametrize("name", ["conversion_behaviour", "high_value_cohort"])
@pytest.mark.parametrize(("n", "is_drawn"), [(9, True), (8, False)])
def test_a_level_whose_cells_all_hold_less_than_a_hundredth_is_in_the_table_only(
    name: str, n: int, is_drawn: bool
) -> None:
    chart = _with_stray_level(name, n)
    assert ("low" in chart.rows) is is_drawn
    assert is_drawn or "are in the table only" in chart.note


@pytest.mark.parametrize("name", ["conversion_behaviour", "high_value_cohort"])
@pytest.mark.parametrize(("n", "is_there"), [(9, False), (8, True)])
def test_the_note_names_uncoloured_cells_where_there_are_some(name: str, n: int, is_there: bool, language: str) -> None:
    text = words_for(language, {}).text("risk_velocity.note.not_coloured")
    assert (text in _chart(name, language, n=n, n_health=n).note) is is_there
