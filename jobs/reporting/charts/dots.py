"""Points with intervals: one row per category, the exact figures beside it."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from jobs.reporting.charts import house_style as style
from jobs.reporting.charts.specifications import DotChart, DotRow, PairChart
from jobs.reporting.fonts import drawable

_LINE = 0.19
_CAP = 12.0  # points


def draw_dots(chart: DotChart) -> Figure:
    """Return the figure of a dot chart."""
    heights = _row_heights(chart.rows, len(chart.series) or 1)
    title_lines = style.lines_in(style.wrapped(chart.title, style.WIDTH - 0.4, style.TITLE_SIZE))
    note_lines = style.lines_in(style.wrapped(chart.note, style.WIDTH - 0.4, style.NOTE_SIZE)) if chart.note else 0
    legend = 0.3 if len(chart.series) > 1 else 0.0
    height = sum(heights) + 0.25 * title_lines + 0.18 * note_lines + legend + 1.0
    figure = style.new_figure(height)
    style.add_title(figure, chart.title)
    style.add_note(figure, chart.note)
    axes = figure.add_subplot()
    _draw_panel(axes, chart, heights, with_labels=True, axis_width=5.0)
    return figure


def draw_pair(chart: PairChart) -> Figure:
    """Return the figure of two panels with common rows."""
    left, right = chart.left, chart.right
    heights = [
        max(a, b)
        for a, b in zip(_row_heights(left.rows, len(left.series) or 1), _row_heights(right.rows, 1), strict=True)
    ]
    width = style.WIDTH + 2.6
    title_lines = style.lines_in(style.wrapped(chart.title, width - 0.4, style.TITLE_SIZE))
    note_lines = style.lines_in(style.wrapped(chart.note, width - 0.4, style.NOTE_SIZE)) if chart.note else 0
    figure = style.new_figure(sum(heights) + 0.25 * title_lines + 0.18 * note_lines + 1.3, width)
    style.add_title(figure, chart.title)
    style.add_note(figure, chart.note)
    first, second = figure.subplots(1, 2, width_ratios=(1.15, 1.0))
    _draw_panel(first, left, heights, with_labels=True, axis_width=3.4)
    _draw_panel(second, right, heights, with_labels=False, axis_width=3.4)
    return figure


def _row_heights(rows: tuple[DotRow, ...], series: int) -> list[float]:
    return [
        max(
            0.2 + _LINE * style.lines_in(style.wrapped(row.label, style.LABEL_WIDTH)),
            0.2 + _LINE * style.lines_in(row.beside),
            0.2 + 0.17 * series,
        )
        for row in rows
    ]


def _draw_panel(axes: Axes, chart: DotChart, heights: list[float], *, with_labels: bool, axis_width: float) -> None:
    centres = [sum(heights[:i]) + height / 2 for i, height in enumerate(heights)]
    count = max((len(row.points) for row in chart.rows), default=0)
    for index in range(count):
        colour, marker = style.mark(index)
        offset = (index - (count - 1) / 2) * _LINE
        name = chart.series[index] if chart.series else None
        axes.plot([], [], marker=marker, color=colour, linestyle="", label=drawable(name or ""))
        for row, centre in zip(chart.rows, centres, strict=True):
            point = row.points[index] if index < len(row.points) else None
            if point is None or point.value is None:
                continue
            colour, marker = style.mark(index + row.style)
            height = centre + offset
            if point.low is not None and point.high is not None:
                _draw_interval(axes, point.low, point.high, height, colour)
            axes.plot(
                [point.value],
                [height],
                marker=marker,
                color=colour,
                markerfacecolor="white" if point.is_open else colour,
                markersize=8 if row.is_total else 6.5,
                markeredgecolor=colour if point.is_open else "white",
                markeredgewidth=1.4 if point.is_open else 0.8,
                linestyle="",
                zorder=3,
                # a share of nothing lies on the axis and is whole there, too
                clip_on=False,
            )
    if chart.reference is not None:
        axes.axvline(chart.reference, color=style.INK, linewidth=1.0, zorder=1)
    axes.set_ylim(sum(heights), 0)
    labels = [style.wrapped(row.label, style.LABEL_WIDTH) for row in chart.rows]
    axes.set_yticks(centres, labels=labels if with_labels else [""] * len(labels))
    axes.tick_params(axis="y", length=0)
    if any(row.is_heading for row in chart.rows):
        for row, label in zip(chart.rows, axes.get_yticklabels(), strict=True):
            label.set_color(style.INK if row.is_heading else style.MUTED)
    for row, centre, height in zip(chart.rows, centres, heights, strict=True):
        if row.is_total or row.is_heading:
            axes.axhline(centre - height / 2, color=style.GREY, linewidth=0.8)
    _set_value_range(axes, chart)
    style.add_value_axis(axes, chart.axis, chart.ticks, axis_width)
    # The figures stand as tick labels of a second axis, so the layout keeps room for them: a line each beside its mark.
    beside = axes.secondary_yaxis("right")
    places, texts = _beside(chart, centres, count)
    beside.set_yticks(places, labels=texts)
    beside.tick_params(axis="y", length=0)
    beside.spines["right"].set_visible(False)
    if len(chart.series) > 1:
        axes.legend(
            loc="lower left",
            bbox_to_anchor=(0, 1.0),
            ncols=len(chart.series),
            frameon=False,
            borderaxespad=0.2,
            handletextpad=0.3,
            columnspacing=1.2,
        )


def _beside(chart: DotChart, centres: list[float], count: int) -> tuple[list[float], list[str]]:
    """Return where the texts at the right stand: one per mark where there is one for each, else one per row."""
    places: list[float] = []
    texts: list[str] = []
    for row, centre in zip(chart.rows, centres, strict=True):
        lines = row.beside.split("\n")
        if count > 1 and len(lines) == count:
            places += [centre + (index - (count - 1) / 2) * _LINE for index in range(count)]
            texts += [drawable(line) for line in lines]
        else:
            places.append(centre)
            texts.append(drawable(row.beside))
    return places, texts


def _draw_interval(axes: Axes, low: float, high: float, height: float, colour: str) -> None:
    """Draw a line below the mark, and caps taller than the mark: a narrow interval is seen, too."""
    axes.plot([low, high], [height] * 2, color=colour, linewidth=2.0, zorder=2, clip_on=False, solid_capstyle="butt")
    for end in (low, high):
        axes.plot(
            [end],
            [height],
            marker="|",
            color=style.INK,
            markersize=_CAP,
            markeredgewidth=1.0,
            linestyle="",
            # below the mark, whose shape and fill say something, and taller than it
            zorder=2.5,
            clip_on=False,
            snap=False,
        )


def _set_value_range(axes: Axes, chart: DotChart) -> None:
    values = [v for row in chart.rows for p in row.points for v in (p.value, p.low, p.high) if v is not None]
    if chart.reference is not None:
        values.append(chart.reference)
    if chart.from_zero:
        values.append(0.0)
    values.extend(chart.limits or ())
    low, high = (min(values), max(values)) if values else (0.0, 1.0)
    margin = (high - low) * 0.06 or max(abs(high), 1.0) * 0.1
    axes.set_xlim(low if chart.from_zero and low >= 0 else low - margin, high + margin)
