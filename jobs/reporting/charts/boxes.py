"""Boxes: where the middle half of each group lies, one row per group, one panel per measure."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from jobs.reporting.charts import house_style as style
from jobs.reporting.charts.specifications import Box, BoxChart, BoxPanel
from jobs.reporting.fonts import drawable

_LINE = 0.19
_HALF_BOX = 0.15  # inches
_AXIS_WIDTH = 3.4


def draw_boxes(chart: BoxChart) -> Figure:
    """Return the figure of one or more panels of boxes with common rows."""
    heights = [
        max(
            0.2 + _LINE * style.lines_in(style.wrapped(label, style.LABEL_WIDTH)),
            *(0.2 + _LINE * style.lines_in(panel.beside[row]) for panel in chart.panels),
            0.5,
        )
        for row, label in enumerate(chart.labels)
    ]
    width = style.WIDTH + (2.6 if len(chart.panels) > 1 else 0.0)
    title_lines = style.lines_in(style.wrapped(chart.title, width - 0.4, style.TITLE_SIZE))
    note_lines = style.lines_in(style.wrapped(chart.note, width - 0.4, style.NOTE_SIZE)) if chart.note else 0
    figure = style.new_figure(sum(heights) + 0.25 * title_lines + 0.18 * note_lines + 1.1, width)
    style.add_title(figure, chart.title)
    style.add_note(figure, chart.note)
    ratios = [1.15, *[1.0] * (len(chart.panels) - 1)]
    panels = figure.subplots(1, len(chart.panels), width_ratios=ratios, squeeze=False)[0]
    for position, (axes, panel) in enumerate(zip(panels, chart.panels, strict=True)):
        _draw_panel(axes, chart, panel, heights, with_labels=position == 0)
    return figure


def _draw_panel(axes: Axes, chart: BoxChart, panel: BoxPanel, heights: list[float], *, with_labels: bool) -> None:
    centres = [sum(heights[:i]) + height / 2 for i, height in enumerate(heights)]
    for row, (centre, box) in enumerate(zip(centres, panel.boxes, strict=True)):
        if box is not None:
            _draw_box(axes, box, centre, style.SERIES_COLOURS[chart.styles[row] % len(style.SERIES_COLOURS)])
    axes.set_ylim(sum(heights), 0)
    labels = [style.wrapped(label, style.LABEL_WIDTH) for label in chart.labels]
    axes.set_yticks(centres, labels=labels if with_labels else [""] * len(labels))
    axes.tick_params(axis="y", length=0)
    shown = [box for box in panel.boxes if box is not None]
    low = min((min(box.low, box.mean) for box in shown), default=0.0)
    high = max((max(box.high, box.mean) for box in shown), default=1.0)
    margin = (high - low) * 0.06 or max(abs(high), 1.0) * 0.1
    axes.set_xlim(low - margin, high + margin)
    style.add_value_axis(axes, panel.axis, panel.ticks, _AXIS_WIDTH)
    # The figures stand as tick labels of a second axis, so the layout keeps room for them.
    beside = axes.secondary_yaxis("right")
    beside.set_yticks(centres, labels=[drawable(text) for text in panel.beside])
    beside.tick_params(axis="y", length=0)
    beside.spines["right"].set_visible(False)


def _draw_box(axes: Axes, box: Box, centre: float, colour: str) -> None:
    axes.plot([box.low, box.high], [centre, centre], color=style.INK, linewidth=1.0, zorder=2)
    for end in (box.low, box.high):
        axes.plot([end] * 2, [centre - _HALF_BOX / 2, centre + _HALF_BOX / 2], color=style.INK, linewidth=1.0, zorder=2)
    axes.add_patch(
        Rectangle(
            (box.lower, centre - _HALF_BOX),
            box.upper - box.lower,
            2 * _HALF_BOX,
            facecolor=style.pale(colour),
            edgecolor=style.INK,
            linewidth=1.0,
            zorder=3,
        )
    )
    axes.plot([box.median] * 2, [centre - _HALF_BOX, centre + _HALF_BOX], color=style.INK, linewidth=2.4, zorder=4)
    axes.plot(
        [box.mean],
        [centre],
        marker="D",
        color="white",
        markersize=6,
        markeredgecolor=style.INK,
        markeredgewidth=1.0,
        linestyle="",
        zorder=5,
    )
