"""Amounts from zero, largest first."""

from __future__ import annotations

from matplotlib.figure import Figure

from jobs.reporting.charts import house_style as style
from jobs.reporting.charts.specifications import BarChart
from jobs.reporting.fonts import drawable


def draw_bars(chart: BarChart) -> Figure:
    """Return the figure of a bar chart."""
    labels = [style.wrapped(label, style.LABEL_WIDTH + 0.6) for label in chart.labels]
    heights = [
        0.2 + 0.19 * max(style.lines_in(label), style.lines_in(text))
        for label, text in zip(labels, chart.beside, strict=True)
    ]
    title_lines = style.lines_in(style.wrapped(chart.title, style.WIDTH - 0.4, style.TITLE_SIZE))
    note_lines = style.lines_in(style.wrapped(chart.note, style.WIDTH - 0.4, style.NOTE_SIZE)) if chart.note else 0
    figure = style.new_figure(sum(heights) + 0.25 * title_lines + 0.18 * note_lines + 1.0)
    style.add_title(figure, chart.title)
    style.add_note(figure, chart.note)
    axes = figure.add_subplot()
    centres = [sum(heights[:i]) + height / 2 for i, height in enumerate(heights)]
    colours = [style.BLUE] * len(centres)
    if chart.ends_with_rest:
        colours[-1] = style.GREY
    axes.barh(
        centres,
        [value or 0.0 for value in chart.values],
        height=[height * 0.62 for height in heights],
        color=colours,
    )
    axes.set_ylim(sum(heights), 0)
    axes.set_yticks(centres, labels=labels)
    axes.tick_params(axis="y", length=0)
    top = max((value for value in chart.values if value is not None), default=0.0)
    axes.set_xlim(0, top * 1.04 or 1.0)
    style.add_value_axis(axes, chart.axis, chart.ticks, 5.0)
    beside = axes.secondary_yaxis("right")
    beside.set_yticks(centres, labels=[drawable(text) for text in chart.beside])
    beside.tick_params(axis="y", length=0)
    beside.spines["right"].set_visible(False)
    return figure
