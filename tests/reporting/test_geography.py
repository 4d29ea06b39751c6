"""How many places are not listed, how large they are, and whom the note on estimates concerns."""

from __future__ import annotations

from typing import Any

import pytest

from jobs.reporting.charts.specifications import BarChart, DotChart
from jobs.reporting.report import build_report
from jobs.reporting.rows import Rows
from tests.reporting.conftest import Results, chapter_of, load_parsed, load_results
from tests.reporting.numbers_in_text import numbers_without_a_row

NAME = "conversion_behaviour"


def _results(group: str, sizes: list[int]) -> Results:
    """Countries A, B, C, ... of these sizes; an estimate has shares only."""
    results = load_results(NAME)
    kept = [row for row in results["distributions"] if row["section"] != "geography"]
    results["distributions"] = kept + [
        {"section": "geography", "group_name": group, "dimension": "country", "value": chr(65 + i),
         "n": n if group == "cohort" else None, "share": n / sum(sizes), "share_low": None, "share_high": None,
         "population_share": None, "index": None}
        for i, n in enumerate(sizes)
    ]  # fmt: skip
    return results


def _chapter(results: Results, language: str = "en") -> str:
    return chapter_of(results, NAME, "geography", language)


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("en", "2 further places stand in the result table, each with at most 40 customers (6.2%)."),
        ("zh", "其余 2 个地区见结果表，各不超过 40 名客户（6.2%）。"),
    ],
)
def test_places_that_are_not_listed_stand_with_the_size_of_the_largest(language: str, expected: str) -> None:
    results = _results("cohort", [50] * 12 + [40, 10])
    # 40 of 650 are 6.15%
    assert expected in _chapter(results, language)
    assert numbers_without_a_row(_chapter(results, language), results, load_parsed(NAME)) == []


def test_of_an_estimate_the_share_alone_is_told() -> None:
    text = _chapter(_results("cohort_estimate", [50] * 12 + [40, 10]))
    assert "2 further places stand in the result table, each with an estimated share of at most 6.2%." in text


def test_where_all_places_that_are_not_listed_are_hidden_no_size_is_told() -> None:
    text = _chapter(_results("cohort", [50] * 12 + [3, 3]))
    assert "2 further places stand in the result table.\n" in text


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("en", "One further place stands in the result table, with 40 customers (6.2%)."),
        ("zh", "另一个地区见结果表，有 40 名客户（6.2%）。"),
    ],
)
def test_one_place_that_is_not_listed_is_told_as_one(language: str, expected: str) -> None:
    assert expected in _chapter(_results("cohort", [51] * 11 + [49, 40]), language)


def _country_chart(results: Results, language: str = "en") -> DotChart | BarChart:
    figures = build_report(Rows(results), load_parsed(NAME), language).figures()
    chart = next(figure.chart for figure in figures if figure.name == "geography_countries")
    assert isinstance(chart, DotChart | BarChart)
    return chart


@pytest.mark.parametrize(
    ("group", "sizes", "title"),
    [
        (
            "cohort",
            [60, 40],
            "Largest share among countries: A, 60.0% of the cohort customers with an address",
        ),
        ("cohort", [50, 50], "Countries of the cohort customers with an address"),
        ("cohort_estimate", [60, 40], "Largest estimated share among countries: A, 60.0% of the cohort"),
        ("cohort_estimate", [50, 50], "Countries of the cohort: an estimate from the systems' addresses"),
    ],
)
def test_the_chart_names_the_leading_country_where_there_is_one(group: str, sizes: list[int], title: str) -> None:
    assert _country_chart(_results(group, sizes)).title == title


@pytest.mark.parametrize("group", ["cohort", "cohort_estimate"])
def test_the_chart_says_how_many_countries_it_leaves_out(group: str) -> None:
    note = "The 12 largest of 14 countries are drawn."
    assert note in _country_chart(_results(group, [50] * 14)).note
    assert "are drawn" not in _country_chart(_results(group, [50] * 12)).note


def test_the_chart_says_how_many_customers_have_no_country_that_could_be_drawn() -> None:
    results = _results("cohort", [60, 30])
    first = next(row for row in results["distributions"] if row["section"] == "geography")
    results["distributions"] += [first | {"value": "(invalid)", "n": 20, "share": 0.2}]
    assert "Not drawn: Not a country, 20.0%." in _country_chart(results).note


@pytest.mark.parametrize(("group", "is_told"), [("cohort", False), ("cohort_estimate", True)])
def test_who_cannot_be_estimated_is_told_only_where_places_are_not_counted(group: str, is_told: bool) -> None:
    results = _results(group, [50, 40])
    row: dict[str, Any] = {
        "table_name": "customer360__address", "check_name": "customers_without_address_system",
        "message_id": "customers_without_address_system", "severity": "info", "passed": False, "observed": 44.0,
        "expected": "0", "params": {}, "touches_section": "geography", "touches_measure": None,
    }  # fmt: skip
    results["quality"] = [row]
    assert ("44 cohort customers are in no source system" in _chapter(results)) is is_told
