"""Find the numbers of a text that no result row explains."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

from jobs.reporting.charts.specifications import BarChart, BoxChart, Chart, DotChart, HeatChart, PairChart

# Conventions that stand in the texts, not in the rows: 95% intervals, the 5% limit, p < 0.001, scores from 1 to 5,
# an index of 100, the smallest group, numbering of steps, days of a month, where the default age bands begin.
CONSTANTS = {95.0, 0.05, 0.001, 1.0, 5.0, 100.0, 30.44, 181.0, 366.0}
_NOT_FIGURES = (
    re.compile(r"<sub>.*?</sub>"),
    re.compile(r"\(charts/[^)]*\)"),
    re.compile(r"customer360"),
    re.compile(r"md5"),
    re.compile(r"\d+ further (?:values|cells|places)"),  # how many rows are left out
    re.compile(r"其余 \d+ 个(?:取值|单元格|地区)"),
    re.compile(r"^\d+\. ", re.MULTILINE),
    re.compile(r"^\| \d+ (?=\|)", re.MULTILINE),  # steps, ranks, numbers of platforms
    re.compile(r"[0-9a-f]{16,}"),
    re.compile(r"\d+ November \d+, \d+:\d+|\d+年\d+月\d+日 \d+:\d+"),
)
_NUMBER = re.compile(r"(?<![\w.])(\d[\d,]*(?:\.\d+)?)(%?)")


def numbers_without_a_row(text: str, results: Mapping[str, Any], definition: Mapping[str, Any]) -> list[str]:
    for pattern in _NOT_FIGURES:
        text = pattern.sub(" ", text)
    values = sorted({abs(value) for value in _numbers(results)} | {abs(v) for v in _numbers(definition)})
    remaining = [row["n_remaining"] for row in results["attrition"]]
    shares = {n / max(remaining) for n in remaining}
    forms: dict[tuple[int, bool], set[float]] = {}
    unexplained = []
    for token, percent in _NUMBER.findall(text):
        digits = len(token.partition(".")[2])
        number = float(token.replace(",", ""))
        key = (digits, bool(percent))
        if key not in forms:
            scaled = {form for v in (*values, *shares) for form in _rounded(v * 100, digits)}
            plain = {form for v in values for form in _rounded(v, digits)}
            forms[key] = scaled if percent else plain | (scaled if digits == 1 else set())
        if number not in CONSTANTS and not any(
            abs(number - form) < 10**-digits * 0.51 for form in _near(forms[key], number)
        ):
            unexplained.append(token + percent)
    return unexplained


def _rounded(value: float, digits: int) -> set[float]:
    """Return a value rounded as Python does, and as the report's formats do: a half to the even digit."""
    return {round(value, digits), float(Decimal(str(value)).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_EVEN))}


def _near(forms: set[float], number: float) -> Iterator[float]:
    return (form for form in forms if abs(form - number) < 1)


def _numbers(tree: Any) -> Iterator[float]:
    if isinstance(tree, Mapping):
        for value in tree.values():
            yield from _numbers(value)
    elif isinstance(tree, list | tuple):
        for value in tree:
            yield from _numbers(value)
    elif isinstance(tree, int | float) and not isinstance(tree, bool):
        yield float(tree)


def texts_of_chart(chart: Chart) -> Iterator[str]:
    yield from (chart.title, chart.note)
    if isinstance(chart, PairChart):
        yield from texts_of_chart(chart.left)
        yield from texts_of_chart(chart.right)
    elif isinstance(chart, DotChart):
        yield from (row.beside for row in chart.rows)
    elif isinstance(chart, BarChart):
        yield from chart.beside
    elif isinstance(chart, BoxChart):
        yield from (text for panel in chart.panels for text in panel.beside)
    elif isinstance(chart, HeatChart):
        yield from (line for row in chart.cells for cell in row for line in cell.lines)
