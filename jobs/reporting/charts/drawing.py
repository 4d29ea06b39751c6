"""From a chart's description to its file."""

from __future__ import annotations

import pathlib
from collections.abc import Sequence

from matplotlib.figure import Figure

from jobs.reporting.charts.bars import draw_bars
from jobs.reporting.charts.boxes import draw_boxes
from jobs.reporting.charts.dots import draw_dots, draw_pair
from jobs.reporting.charts.heat import draw_heat
from jobs.reporting.charts.house_style import house_style, save
from jobs.reporting.charts.specifications import BarChart, BoxChart, Chart, DotChart, PairChart


def draw(chart: Chart) -> Figure:
    """Return the figure of a chart; call inside the house style."""
    if isinstance(chart, DotChart):
        return draw_dots(chart)
    if isinstance(chart, PairChart):
        return draw_pair(chart)
    if isinstance(chart, BoxChart):
        return draw_boxes(chart)
    if isinstance(chart, BarChart):
        return draw_bars(chart)
    return draw_heat(chart)


def write_chart(chart: Chart, language: str, paths: Sequence[pathlib.Path]) -> None:
    """Draw a chart once in the fonts of a language and write it to every path, PNG or SVG by the suffix."""
    with house_style(language):
        figure = draw(chart)
        for path in paths:
            save(figure, path)
