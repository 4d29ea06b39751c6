"""The charts of segments: boxes of health and churn, means of value and health, the three scores."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from jobs.reporting.charts.house_style import EVERYBODY
from jobs.reporting.charts.specifications import Box, BoxChart, BoxPanel, DotChart, DotRow, PairChart, Point, TickFormat
from jobs.reporting.context import NOTHING, Context
from jobs.reporting.sections import segment_measures
from jobs.reporting.sections import segment_rows as rows_of
from jobs.reporting.verdicts import Verdict

_EXACT = 1e-9
BOXED = (rows_of.HEALTH, rows_of.CHURN)
SCORES = ("recency_score", "frequency_score", "monetary_score", rows_of.WEIGHTED)


def boxes(context: Context) -> BoxChart | None:
    """Return health and churn as boxes per segment; None where no box may be drawn."""
    groups = rows_of.drawn(context)
    measures = [measure for measure in BOXED if measure in rows_of.measures(context, rows_of.SECTION)]
    panels = tuple(
        BoxPanel(
            axis=_axis(context, measure),
            boxes=tuple(_box(rows_of.measure_row(context, rows_of.SECTION, group, measure)) for group in groups),
            beside=tuple(_beside_box(context, group, measure) for group in groups),
            ticks=_ticks(context, measure),
        )
        for measure in measures
    )
    if not any(box is not None for panel in panels for box in panel.boxes):
        return None
    return BoxChart(
        title=readings(context, rows_of.SECTION, measures) or context.words.text("segments.boxes.title"),
        labels=tuple(rows_of.head(context, group) for group in groups),
        styles=tuple(_style(context, group) for group in groups),
        panels=panels,
        note=_note(context, "segments.boxes.note"),
    )


def ltv_and_health(context: Context) -> PairChart | None:
    """Return mean lifetime value and mean health per segment, one scale each."""
    return pair(
        context,
        rows_of.SECTION,
        (rows_of.LTV, rows_of.HEALTH),
        title=_ltv_title(context),
    )


def pair(context: Context, section: str, measures: tuple[str, str], *, title: str) -> PairChart | None:
    """Return the means of two measures per segment; None where one of them has no mean to draw."""
    left, right = (_means(context, section, measure) for measure in measures)
    if left is None or right is None:
        return None
    return PairChart(title=title, left=left, right=right, note=_note(context))


def scores(context: Context) -> DotChart | None:
    """Return the means of recency, frequency, monetary and weighted score per segment."""
    present = [measure for measure in SCORES if measure in rows_of.measures(context, rows_of.SECTION)]
    rows: list[DotRow] = []
    for measure in present:
        rows.append(DotRow(context.words.title(measure), (), "", is_heading=True))
        dots = (_dot(context, rows_of.SECTION, measure, group) for group in rows_of.drawn(context)[:-1])
        # the lines of this chart part the scores
        rows.extend(replace(dot, is_total=False) for dot in dots)
    if not any(point.value is not None for row in rows for point in row.points):
        return None
    return DotChart(
        title=_scores_title(context, present),
        axis=context.words.text("segments.scores.axis"),
        rows=tuple(rows),
        ticks=lambda value: context.words.numbers.number(value, _digits(value)),
        note=_note(context),
        limits=(1.0, 5.0),
    )


def _scores_title(context: Context, present: Sequence[str]) -> str:
    """Return what sets the leading pair apart: tested differences, else the two weighted means as they are."""
    words, leading = context.words, rows_of.leading_pair(context)
    if not all(rows_of.is_by_definition(context, rows_of.SECTION, measure) for measure in present):
        return readings(context, rows_of.SECTION, present) or words.text("segments.scores.title.plain")
    row = rows_of.comparison(context, rows_of.SECTION, leading, rows_of.WEIGHTED) if leading else None
    if row is None or rows_of.verdict(context, rows_of.SECTION, row) is Verdict.TOO_SMALL:
        return words.text("segments.scores.title.plain")
    both = segment_measures.both_means(context, rows_of.SECTION, row)
    named = {name: both[name] for name in ("group", "baseline", "mean_a", "mean_b")}
    return words.text("segments.scores.title.by_definition", **named)


def _note(context: Context, key: str = "segments.mean_note") -> str:
    """Return what the marks mean, and why some groups have none."""
    words = context.words
    text = words.text(key)
    if not rows_of.hidden_segments(context):
        return text
    hidden = words.text("segments.not_drawn", minimum=words.numbers.count(context.minimum))
    return text + words.text("labels.sentence_space") + hidden


def _style(context: Context, group: str) -> int:
    return EVERYBODY if group == rows_of.POPULATION else rows_of.drawn(context).index(group) % EVERYBODY


def _axis(context: Context, measure: str) -> str:
    words = context.words
    unit = context.unit(measure)
    parts = {"measure": words.title(measure), "currency": words.numbers.currency_name()}
    key = "points" if measure == rows_of.HEALTH else "currency" if unit == "currency" else "plain"
    return words.text(f"segments.axis.{key}", **parts)


def _ticks(context: Context, measure: str) -> TickFormat:
    unit, numbers = context.unit(measure), context.words.numbers
    ticks: dict[str, Callable[[float], str]] = {
        "currency": numbers.money,
        "share": lambda value: numbers.percent(value, _digits(value * 100)),
    }
    return ticks.get(unit, lambda value: numbers.number(value, _digits(value)))


def _digits(value: float) -> int:
    """Return as many decimals as a mark of an axis needs, so that 0.75 is not printed as 0.8."""
    return next((digits for digits in range(3) if abs(value - round(value, digits)) < _EXACT), 3)


def _box(row: dict[str, Any] | None) -> Box | None:
    if row is None:
        return None
    low, lower, median, upper, high, mean = (row.get(name) for name in ("p10", "p25", "median", "p75", "p90", "mean"))
    if low is None or lower is None or median is None or upper is None or high is None or mean is None:
        return None
    return Box(low, lower, median, upper, high, mean)


def _beside_box(context: Context, group: str, measure: str) -> str:
    row = rows_of.measure_row(context, rows_of.SECTION, group, measure)
    if _box(row) is None or row is None:
        return _n(context, rows_of.SECTION, group, measure)
    return context.words.text(
        "segments.boxes.beside",
        mean=_with_interval(context, measure, row),
        median=context.figure(measure, row["median"]),
        n=context.n_text(row.get("n")),
    )


def _n(context: Context, section: str, group: str, measure: str) -> str:
    row = context.rows.one("measures", section=section, group_name=group, measure=measure) or {}
    return context.n_text(row.get("n"), hidden=group in rows_of.hidden_for(context, section, measure))


def _with_interval(context: Context, measure: str, row: dict[str, Any]) -> str:
    mean = context.figure(measure, row.get("mean"))
    interval = context.interval(measure, row.get("ci_low"), row.get("ci_high"))
    return mean if interval == NOTHING else mean + context.words.text("charts.in_brackets", text=interval)


def _dot(context: Context, section: str, measure: str, group: str) -> DotRow:
    row = rows_of.measure_row(context, section, group, measure)
    label = rows_of.head(context, group)
    # below a line: whoever overlaps with the segments
    options = {"is_total": group not in rows_of.filled(context)}
    if row is None or row.get("mean") is None:
        return DotRow(label, (Point(None),), _n(context, section, group, measure), **options)
    return DotRow(
        label,
        (Point(row["mean"], row.get("ci_low"), row.get("ci_high")),),
        f"{_with_interval(context, measure, row)}\n{context.n_text(row.get('n'))}",
        style=_style(context, group),
        **options,
    )


def _means(context: Context, section: str, measure: str) -> DotChart | None:
    if measure not in rows_of.measures(context, section):
        return None
    rows = tuple(_dot(context, section, measure, group) for group in rows_of.drawn(context))
    if not any(point.value is not None for row in rows for point in row.points):
        return None
    everybody = rows_of.measure_row(context, section, rows_of.POPULATION, measure) or {}
    low, high = everybody.get("p10"), everybody.get("p90")
    is_amount = context.unit(measure) == "currency"
    return DotChart(
        title="",
        axis=_axis(context, measure),
        rows=rows,
        ticks=_ticks(context, measure),
        from_zero=is_amount,
        # The spread of customers is the scale: what is small against it looks small.
        limits=None if is_amount or low is None or high is None else (low, high),
    )


def readings(context: Context, section: str, measures: Sequence[str]) -> str | None:
    """Return what may be said of the leading pair, measure by measure, as the message of a chart."""
    leading = rows_of.leading_pair(context)
    if leading is None:
        return None
    parts: list[str] = []
    for measure in measures:
        row = rows_of.comparison(context, section, leading, measure)
        if row is not None:
            name, reading = context.words.measure(measure), _reading(context, section, measure, row)
            parts.append(context.words.text("segments.reading", measure=name, reading=reading))
    if not parts:
        return None
    return context.words.text(
        "segments.readings",
        a=rows_of.head(context, leading[0]),
        b=context.words.segment(leading[1]),
        readings=context.words.text("labels.semicolon").join(parts),
    )


def _reading(context: Context, section: str, measure: str, row: dict[str, Any]) -> str:
    verdict = rows_of.verdict(context, section, row)
    if verdict is not Verdict.DIFFERENCE:
        return context.reading(verdict)
    side = "higher" if row["difference"] > 0 else "lower"
    return context.words.text(
        f"segments.reading_{side}", difference=context.change(measure, row["difference"], signed=False)
    )


def _ltv_title(context: Context) -> str:
    leading = rows_of.leading_pair(context)
    row = rows_of.comparison(context, rows_of.SECTION, leading, rows_of.LTV) if leading else None
    if row is None or leading is None or (row.get("ratio") or 0) <= 0:
        return context.words.text("segments.ltv_health.title")
    if rows_of.verdict(context, rows_of.SECTION, row) is Verdict.TOO_SMALL:
        return context.words.text("segments.ltv_health.title")
    health = rows_of.comparison(context, rows_of.SECTION, leading, rows_of.HEALTH)
    is_described = rows_of.verdict(context, rows_of.SECTION, row) is Verdict.BY_DEFINITION
    return context.words.text(
        f"segments.ltv_health.ratio{'_described' if is_described else ''}",
        a=rows_of.head(context, leading[0]),
        b=context.words.segment(leading[1]),
        ratio=context.words.numbers.number(row["ratio"], 2),
        health=NOTHING if health is None else _reading(context, rows_of.SECTION, rows_of.HEALTH, health),
    )
