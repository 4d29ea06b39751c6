"""What a chart shows, in finished texts and plain numbers; nothing about how it is drawn."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

TickFormat = Callable[[float], str]


@dataclass(frozen=True, slots=True)
class Point:
    """One value with its interval; no value where it is suppressed or missing; `is_open`: no difference stands here."""

    value: float | None
    low: float | None = None
    high: float | None = None
    is_open: bool = False


@dataclass(frozen=True, slots=True)
class DotRow:
    """One category: a point per series, and the text that stands beside it.

    A heading has no points; it names the rows below it. `style` shifts colour and marker, for charts
    whose rows are the series.
    """

    label: str
    points: tuple[Point, ...]
    beside: str
    is_total: bool = False
    is_heading: bool = False
    style: int = 0


@dataclass(frozen=True, slots=True)
class DotChart:
    """Points with 95% intervals, one row per category; `limits`: what the axis shows at least."""

    title: str
    axis: str
    rows: tuple[DotRow, ...]
    ticks: TickFormat
    series: tuple[str, ...] = ()
    reference: float | None = None
    from_zero: bool = False
    note: str = ""
    limits: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class PairChart:
    """Two dot panels that share their categories: two measures, or values and their difference."""

    title: str
    left: DotChart
    right: DotChart
    note: str = ""


@dataclass(frozen=True, slots=True)
class Box:
    """How one group is spread: the ends of the whiskers, the box, the line and the mark in it."""

    low: float
    lower: float
    median: float
    upper: float
    high: float
    mean: float


@dataclass(frozen=True, slots=True)
class BoxPanel:
    """One measure: a box per row (None where it is suppressed) and the text beside it."""

    axis: str
    boxes: tuple[Box | None, ...]
    beside: tuple[str, ...]
    ticks: TickFormat


@dataclass(frozen=True, slots=True)
class BoxChart:
    """Boxes of the same groups for one or more measures, each on its own scale."""

    title: str
    labels: tuple[str, ...]
    styles: tuple[int, ...]
    panels: tuple[BoxPanel, ...]
    note: str = ""


@dataclass(frozen=True, slots=True)
class BarChart:
    """Amounts from zero, one bar per category, the text at the right; `ends_with_rest`: the last one is no category."""

    title: str
    axis: str
    labels: tuple[str, ...]
    values: tuple[float | None, ...]
    beside: tuple[str, ...]
    ticks: TickFormat
    note: str = ""
    ends_with_rest: bool = False


@dataclass(frozen=True, slots=True)
class HeatCell:
    """One cell: the number that colours it (None: it stays neutral grey) and its lines of text."""

    value: float | None
    lines: tuple[str, ...]
    is_marked: bool = False


@dataclass(frozen=True, slots=True)
class HeatChart:
    """A grid of ordered categories; marked cells are those a framework does not cover."""

    title: str
    row_axis: str
    column_axis: str
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    cells: tuple[tuple[HeatCell, ...], ...]
    scale: str
    ticks: TickFormat
    note: str = ""


Chart = DotChart | PairChart | BoxChart | BarChart | HeatChart
