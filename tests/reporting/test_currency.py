"""Every amount of a report is in the currency of the definition, named in the language of the report."""

import re

import pytest

from jobs.reporting.charts.specifications import BarChart, DotChart, HeatChart, PairChart
from jobs.reporting.markdown import render
from jobs.reporting.numbers_format import NumberFormat
from jobs.reporting.report import build_report
from jobs.reporting.rows import Rows
from jobs.reporting.words import load_catalogue, words_for
from tests.reporting.conftest import load_parsed, load_results
from tests.reporting.numbers_in_text import texts_of_chart


@pytest.mark.parametrize(
    ("currency", "english", "chinese"),
    [
        pytest.param("USD", "$2,690", "US$2,690", id="dollar"),
        pytest.param("EUR", "€2,690", "€2,690", id="euro"),
        pytest.param("CNY", "CN¥2,690", "¥2,690", id="yuan"),
        pytest.param("CHF", "CHF\u00a02,690", "CHF\u00a02,690", id="a_symbol_of_letters_stands_apart"),
    ],
)
def test_amounts_by_currency_and_language(currency, english, chinese):
    assert NumberFormat(language="en", currency=currency).money(2690.4) == english
    assert NumberFormat(language="zh", currency=currency).money(2690.4) == chinese


@pytest.mark.parametrize(("currency", "small"), [("USD", "$8.30"), ("JPY", "¥8"), ("KWD", "KWD\u00a08.304")])
def test_small_amounts_have_the_digits_of_their_currency(currency, small):
    assert NumberFormat(language="en", currency=currency).money(8.304) == small


@pytest.mark.parametrize(
    ("currency", "english", "chinese"),
    [("USD", "US dollars", "美元"), ("EUR", "euros", "欧元"), ("CNY", "Chinese yuan", "人民币"), ("XQQ", "XQQ", "XQQ")],
)
def test_names_of_currencies(currency, english, chinese):
    assert NumberFormat(language="en", currency=currency).currency_name() == english
    assert NumberFormat(language="zh", currency=currency).currency_name() == chinese


def test_no_catalogue_names_a_currency():
    for language in ("en", "zh"):
        named = [key for key, text in load_catalogue(language).items() if re.search(r"dollar|euro\b|\$|€|美元", text)]
        assert named == []


def _axes(chart):
    if isinstance(chart, PairChart):
        return [chart.left.axis, chart.right.axis]
    return [chart.scale] if isinstance(chart, HeatChart) else [chart.axis]


def _ticks(chart):
    if isinstance(chart, PairChart):
        return [chart.left.ticks(1000.0), chart.right.ticks(1000.0)]
    assert isinstance(chart, DotChart | BarChart | HeatChart)
    return [chart.ticks(1000.0)]


def test_a_definition_in_euros_gives_no_dollar_anywhere(analysis, results, language):
    definition = load_parsed(analysis) | {"currency": "EUR"}
    report = build_report(Rows(results), definition, language)
    text = render(report, words_for(language, definition))
    assert "€" in text
    assert "$" not in text
    for figure in report.figures():
        drawn = [*texts_of_chart(figure.chart), *_axes(figure.chart), *_ticks(figure.chart)]
        assert not any(re.search(r"\$|dollar|美元", line) for line in drawn), figure.name
    axes = [axis for figure in report.figures() for axis in _axes(figure.chart)]
    assert any(("euros" if language == "en" else "欧元") in axis for axis in axes)


def test_dollars_are_named_on_the_axes_of_a_report_in_dollars():
    report = build_report(Rows(load_results("high_value_cohort")), load_parsed("high_value_cohort"), "en")
    chart = next(figure.chart for figure in report.figures() if figure.name == "ltv_difference")
    assert chart.axis.endswith("(US dollars)")
