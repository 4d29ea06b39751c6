"""A grid of ordered categories with its figures printed in the cells."""

from __future__ import annotations

from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import FuncFormatter, MaxNLocator

from jobs.reporting.charts import house_style as style
from jobs.reporting.charts.specifications import HeatChart
from jobs.reporting.fonts import drawable

_CELL_TEXT = 8.5
_EMPTY = "#F2F2F2"


def draw_heat(chart: HeatChart) -> Figure:
    """Return the figure of a heat chart; its size follows from the texts in the cells."""
    wanted = [style.text_width(line, _CELL_TEXT) for row in chart.cells for cell in row for line in cell.lines]
    cell_width = min(max([1.15, *(width + 0.16 for width in wanted)]), 1.9)
    texts = [
        ["\n".join(style.wrapped(line, cell_width - 0.12, _CELL_TEXT) for line in cell.lines) for cell in row]
        for row in chart.cells
    ]
    columns = [style.wrapped(name, cell_width - 0.1) for name in chart.columns]
    rows = [style.wrapped(name, style.LABEL_WIDTH) for name in chart.rows]
    cell_height = max(0.55, 0.16 + 0.165 * max((style.lines_in(text) for row in texts for text in row), default=1))
    row_label = max(style.text_width(name) for name in rows)
    width = max(cell_width * len(columns) + row_label + 1.9, 7.0)
    title_lines = style.lines_in(style.wrapped(chart.title, width - 0.4, style.TITLE_SIZE))
    note_lines = style.lines_in(style.wrapped(chart.note, width - 0.4, style.NOTE_SIZE)) if chart.note else 0
    label_lines = max(style.lines_in(name) for name in columns)
    height = cell_height * len(rows) + 0.25 * title_lines + 0.18 * note_lines + 0.18 * label_lines + 0.85
    figure = style.new_figure(height, width)
    style.add_title(figure, chart.title)
    style.add_note(figure, chart.note)
    axes = figure.add_subplot()

    values = [cell.value for row in chart.cells for cell in row if cell.value is not None]
    low, high = (min(values), max(values)) if values else (0.0, 1.0)
    scale = Normalize(low, high if high > low else low + 1)
    colours = style.light_colours()
    for y, row in enumerate(chart.cells):
        for x, cell in enumerate(row):
            fill = colours(scale(cell.value)) if cell.value is not None else _EMPTY
            axes.add_patch(Rectangle((x, y), 1, 1, facecolor=fill, edgecolor="white", linewidth=2))
            if cell.is_marked:
                axes.add_patch(
                    Rectangle(
                        (x + 0.035, y + 0.05),
                        0.93,
                        0.9,
                        fill=False,
                        edgecolor="black",
                        linewidth=1.2,
                        linestyle=(0, (4, 3)),
                    )
                )
            axes.text(
                x + 0.5,
                y + 0.5,
                texts[y][x],
                ha="center",
                va="center",
                fontsize=_CELL_TEXT,
                color="black",
                linespacing=1.25,
            )
    axes.set_xlim(0, len(columns))
    axes.set_ylim(len(rows), 0)
    axes.set_xticks([i + 0.5 for i in range(len(columns))], labels=columns)
    axes.set_yticks([i + 0.5 for i in range(len(rows))], labels=rows)
    axes.xaxis.tick_top()
    axes.xaxis.set_label_position("top")
    axes.set_xlabel(style.wrapped(chart.column_axis, cell_width * len(columns)), labelpad=8)
    axes.set_ylabel(style.wrapped(chart.row_axis, cell_height * len(rows)), labelpad=8)
    axes.tick_params(length=0)
    for spine in axes.spines.values():
        spine.set_visible(False)
    if values:
        bar = figure.colorbar(ScalarMappable(scale, colours), ax=axes, fraction=0.03, pad=0.02)
        bar.set_label(style.wrapped(chart.scale, cell_height * len(rows)))
        bar.ax.yaxis.set_major_locator(MaxNLocator(nbins=5))
        bar.ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: drawable(chart.ticks(value))))
        bar.outline.set_visible(False)
    return figure
