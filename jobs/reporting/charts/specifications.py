"""What a chart shows, in finished texts and plain numbers; nothing about how it is drawn."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

TickFormat = Callable[[float], str]


@dataclass(frozen=True, slots=True)
class Point:
    """One value with its interval; no value where it is suppressed or missing."""

    value: float | None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class DotRow:
    """One category: a point per series, and the text that stands beside it."""

    label: str
    points: tuple[Point, ...]
    beside: str
    is_total: bool = False


@dataclass(frozen=True, slots=True)
class DotChart:
    """Points with 95% intervals, one row per category."""

    title: str
    axis: str
    rows: tuple[DotRow, ...]
    ticks: TickFormat
    series: tuple[str, ...] = ()
    reference: float | None = None
    from_zero: bool = False
    note: str = ""


@dataclass(frozen=True, slots=True)
class PairChart:
    """Two dot panels that share their categories: the values left, their difference right."""

    title: str
    left: DotChart
    right: DotChart
    note: str = ""


@dataclass(frozen=True, slots=True)
class BarChart:
    """Amounts from zero, one bar per category, the text at the right."""

    title: str
    axis: str
    labels: tuple[str, ...]
    values: tuple[float | None, ...]
    beside: tuple[str, ...]
    ticks: TickFormat
    note: str = ""


@dataclass(frozen=True, slots=True)
class HeatCell:
    """One cell: the number that colours it (None: nothing to colour) and its lines of text."""

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


Chart = DotChart | PairChart | BarChart | HeatChart
