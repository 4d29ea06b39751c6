"""From a chart's description to its file."""

from __future__ import annotations

import pathlib

from matplotlib.figure import Figure

from jobs.reporting.charts.bars import draw_bars
from jobs.reporting.charts.dots import draw_dots, draw_pair
from jobs.reporting.charts.heat import draw_heat
from jobs.reporting.charts.house_style import house_style, save
from jobs.reporting.charts.specifications import BarChart, Chart, DotChart, PairChart


def draw(chart: Chart) -> Figure:
    """Return the figure of a chart; call inside the house style."""
    if isinstance(chart, DotChart):
        return draw_dots(chart)
    if isinstance(chart, PairChart):
        return draw_pair(chart)
    if isinstance(chart, BarChart):
        return draw_bars(chart)
    return draw_heat(chart)


def write_chart(chart: Chart, language: str, path: pathlib.Path) -> None:
    """Draw a chart in the fonts of a language and write it as PNG."""
    with house_style(language):
        save(draw(chart), path)
