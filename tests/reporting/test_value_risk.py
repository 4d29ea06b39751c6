"""The chart of value by risk: which cell its title names, and what its cells print."""

from __future__ import annotations

from typing import Any

import pytest

from jobs.reporting.charts.specifications import HeatChart
from jobs.reporting.model import Paragraph
from jobs.reporting.report import build_report
from jobs.reporting.rows import Rows
from tests.reporting.conftest import Results, load_parsed, load_results

NAME = "special_conversion"


def _chart(results: Results, language: str = "en") -> HeatChart:
    figures = build_report(Rows(results), load_parsed(NAME), language).figures()
    chart = next(figure.chart for figure in figures if figure.name == "value_risk_matrix")
    assert isinstance(chart, HeatChart)
    return chart


def _changed(cell: tuple[str, str], **change: Any) -> Results:
    results = load_results(NAME)
    for row in results["crosstabs"]:
        is_grid = (row["section"], row["group_name"]) == ("value_risk", "cohort")
        if is_grid and (row["row_value"], row["column_value"]) == cell:
            row |= change
    return results


@pytest.mark.parametrize(
    ("language", "title"),
    [
        ("en", "Of the nine cells of value and risk, Medium value / High risk holds the most cohort customers: 255"),
        ("zh", "价值 × 风险九宫格：目标群体中“中价值 / 高风险”人数最多，共 255 名客户"),
    ],
)
def test_the_title_names_the_largest_cell(language: str, title: str) -> None:
    assert _chart(load_results(NAME), language).title == title


def test_the_chapter_begins_with_the_largest_cell_and_what_to_do_there() -> None:
    report = build_report(Rows(load_results(NAME)), load_parsed(NAME), "en")
    (chapter,) = [section for section in report.sections if section.name == "value_risk"]
    first = chapter.blocks[0]
    assert isinstance(first, Paragraph)
    assert first.text == (
        "Of the nine cells of value and risk, Medium value / High risk holds the most cohort customers: 255."
        " Strategy there: Close monitoring."
    )


def test_two_cells_that_share_the_first_place_are_not_named() -> None:
    title = _chart(_changed(("medium", "medium"), n=255)).title
    assert title == "Value and risk of the cohort: strategy and size of each cell"


def test_a_mean_stands_with_its_interval() -> None:
    assert "($13,946 to $21,716)" in _chart(load_results(NAME)).cells[0][0].lines


def test_a_mean_without_an_interval_stands_alone() -> None:
    lines = _chart(_changed(("high", "high"), ltv_ci_low=None, ltv_ci_high=None)).cells[0][0].lines
    assert lines[-1].startswith("LTV $17,831")
