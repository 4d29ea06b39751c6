"""The one look of all charts: colours, sizes, titles, notes, and how a file is written."""

from __future__ import annotations

import functools
import pathlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.colors import ListedColormap, to_rgb
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.ticker import FuncFormatter, MaxNLocator

from jobs.reporting.charts.specifications import TickFormat
from jobs.reporting.fonts import drawable, families

# Okabe-Ito: told apart by colour-blind eyes; blue is darker than orange in grey.
BLUE, ORANGE, GREEN, GREY = "#0072B2", "#E69F00", "#009E73", "#767676"
PURPLE, VERMILION, SKY = "#CC79A7", "#D55E00", "#56B4E9"
SERIES_COLOURS = (BLUE, ORANGE, GREEN, PURPLE, VERMILION, SKY, GREY)
SERIES_MARKERS = ("o", "D", "s", "^", "v", "P", "X")
EVERYBODY = len(SERIES_COLOURS) - 1
"""The style of all customers beside groups of them: grey."""
INK, MUTED, FAINT = "#222222", "#555555", "#D9D9D9"
COLOUR_MAP = "cividis"
TITLE_SIZE, TEXT_SIZE, NOTE_SIZE = 12.5, 9.5, 8.5
DPI = 144
WIDTH = 9.2
LABEL_WIDTH = 2.3
_PALE = 0.55
_WIDE = 5.0  # inches an axis needs for five marks
_NO_BREAK_BEFORE = "，。、；：！？）》」%）.,;:!?)"


def light_colours() -> ListedColormap:
    """Return the lighter half of the colour map: black text reads on all of it, in grey as well."""
    return ListedColormap(matplotlib.colormaps[COLOUR_MAP](np.linspace(0.5, 1.0, 256)))


def mark(index: int) -> tuple[str, str]:
    """Return colour and marker of a series; they come round again after the last."""
    return SERIES_COLOURS[index % len(SERIES_COLOURS)], SERIES_MARKERS[index % len(SERIES_MARKERS)]


def pale(colour: str) -> tuple[float, float, float]:
    """Return a colour mixed with white: black lines and marks read on it."""
    red, green, blue = to_rgb(colour)
    return (1 - (1 - red) * _PALE, 1 - (1 - green) * _PALE, 1 - (1 - blue) * _PALE)


@contextmanager
def house_style(language: str) -> Iterator[None]:
    """Apply the look to everything drawn inside; no text is ever read as a formula."""
    with matplotlib.rc_context(
        {
            "font.family": families(language),
            "font.size": TEXT_SIZE,
            "text.parse_math": False,
            # outlines, so that an SVG looks the same whatever fonts its reader has; ids that never change
            "svg.fonttype": "path",
            "svg.hashsalt": "customer360",
            "text.color": INK,
            "axes.edgecolor": GREY,
            "axes.labelcolor": INK,
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.unicode_minus": False,
            "axes.grid": False,
            "xtick.color": INK,
            "ytick.color": INK,
            "grid.color": FAINT,
            "hatch.color": GREY,
            "figure.facecolor": "white",
            "savefig.facecolor": "white",
        }
    ):
        yield


def new_figure(height: float, width: float = WIDTH) -> Figure:
    """Return an empty figure on the raster canvas, laid out so that nothing is clipped."""
    layout = ConstrainedLayoutEngine(w_pad=0.12, h_pad=0.1)
    figure = Figure(figsize=(width, height), dpi=DPI, layout=layout)
    FigureCanvasAgg(figure)
    return figure


@functools.cache
def _ruler() -> Figure:
    figure = Figure(figsize=(1, 1), dpi=DPI)
    FigureCanvasAgg(figure)
    return figure


def text_width(text: str, size: float = TEXT_SIZE) -> float:
    """Return the width of the widest line of a text in inches, in the current style."""
    return _measured(drawable(text), size, tuple(matplotlib.rcParams["font.family"]))


@functools.lru_cache(maxsize=20_000)
def _measured(text: str, size: float, family: tuple[str, ...]) -> float:
    figure = _ruler()
    drawn = figure.text(0, 0, text, fontsize=size, fontfamily=list(family), parse_math=False)
    width = float(drawn.get_window_extent().width) / DPI
    drawn.remove()
    return width


def wrapped(text: str, width: float, size: float = TEXT_SIZE) -> str:
    """Return the text broken into lines of at most `width` inches; at spaces, else anywhere."""
    lines: list[str] = []
    for paragraph in drawable(text).split("\n"):
        if text_width(paragraph, size) <= width:
            lines.append(paragraph)
            continue
        line = ""
        for piece in _pieces(paragraph):
            if not line or text_width(line + piece.rstrip(), size) <= width:
                line += piece
            else:
                lines.append(line.rstrip())
                line = piece
            while text_width(line.rstrip(), size) > width and len(line) > 1:
                cut = next(i for i in range(len(line) - 1, 0, -1) if i == 1 or text_width(line[:i], size) <= width)
                lines.append(line[:cut])
                line = line[cut:]
        lines.append(line.rstrip())
    return "\n".join(lines)


def _pieces(text: str) -> list[str]:
    """Split a text where a line may break: after a space, around each Chinese character."""
    pieces: list[str] = []
    for character in text:
        starts_piece = not pieces or pieces[-1].endswith(" ") or ord(character) > 0x2E7F
        if pieces and not pieces[-1].endswith(" ") and ord(pieces[-1][-1]) > 0x2E7F:
            starts_piece = True
        if starts_piece and character not in _NO_BREAK_BEFORE:
            pieces.append(character)
        elif pieces:
            pieces[-1] += character
        else:
            pieces.append(character)
    return pieces


def lines_in(text: str) -> int:
    """Return the number of lines of a text."""
    return text.count("\n") + 1


def add_title(figure: Figure, title: str) -> float:
    """Set the title at the left edge; return the height it takes in inches."""
    width = figure.get_figwidth() - 0.4
    text = wrapped(title, width, TITLE_SIZE)
    figure.suptitle(text, x=0.18 / figure.get_figwidth(), ha="left", fontsize=TITLE_SIZE, linespacing=1.25)
    return 0.24 * lines_in(text)


def add_note(figure: Figure, note: str) -> None:
    """Set the note at the lower left edge."""
    if note:
        text = wrapped(note, figure.get_figwidth() - 0.4, NOTE_SIZE)
        figure.supxlabel(
            text, x=0.18 / figure.get_figwidth(), ha="left", fontsize=NOTE_SIZE, color=MUTED, linespacing=1.3
        )


def add_value_axis(axes: Axes, label: str, ticks: TickFormat, width: float) -> None:
    """Give the horizontal axis its label, few ticks and a light grid."""
    axes.set_xlabel(wrapped(label, width))
    axes.xaxis.set_major_locator(MaxNLocator(nbins=5 if width >= _WIDE else 4))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: drawable(ticks(value))))
    axes.grid(axis="x", linewidth=0.8)
    axes.set_axisbelow(True)


def save(figure: Figure, path: pathlib.Path) -> None:
    """Write the figure as PNG or SVG by the suffix, the same bytes for the same figure."""
    path.parent.mkdir(parents=True, exist_ok=True)
    # by the canvas itself: savefig draws everything once before it writes, which doubles the time
    canvas: Any
    if path.suffix == ".svg":
        canvas = FigureCanvasSVG(figure)
        canvas.print_svg(path, metadata={"Date": None, "Creator": None})
    else:
        figure.dpi = DPI
        canvas = FigureCanvasAgg(figure)
        canvas.print_png(path, metadata={"Software": None})
