"""What other ways of counting would have given."""

from __future__ import annotations

from typing import Any

from jobs.reporting.context import NOTHING, Context
from jobs.reporting.model import Block, Bullet, Bullets, Paragraph, Section, Source
from jobs.reporting.sections import segment_rows

_NAME = "method_sensitivity"
_SOURCES = (Source("method_sensitivity"),)
_OF_SEGMENTS = ("grain", "order", "others", "means", "spread", "value")
_METHODS = ("latest_snapshot", "first_snapshot", "row_level", "naive_join")


def build(context: Context) -> Section:
    """Return the chapter on method sensitivity."""
    words = context.words
    if not context.is_about_cohort:
        return _of_segments(context)
    title = words.text("titles.method_sensitivity")
    rows = {row["method"]: row for row in context.rows.all("method_sensitivity")}
    if not rows:
        return Section(_NAME, title, (Paragraph(words.text("sections.no_rows")),))
    blocks: list[Block] = [Paragraph(words.text("methods.intro"))]
    sentences = [naive_sentence(context), _others(context)]
    blocks.append(Bullets(tuple(Bullet("", text, _SOURCES) for text in sentences if text)))
    blocks.append(
        context.table(
            ("method", "threshold", "rows_passing", "customers", "fan_out", "mean_recency", "mean_frequency",
             "mean_monetary"),
            [_line(context, method, rows[method]) for method in _METHODS if method in rows],
            sources=_SOURCES,
        )
    )  # fmt: skip
    return Section(_NAME, title, tuple(blocks))


def _of_segments(context: Context) -> Section:
    """Return how segments were counted and compared; other ways of counting a cohort do not apply."""
    with_others = any(b == f"not_{a}" for a, b in segment_rows.pairs(context))
    names = [name for name in _OF_SEGMENTS if name != "others" or with_others]
    bullets = tuple(Bullet("", context.words.text(f"methods.segments.{name}")) for name in names)
    return Section("methods", context.words.text("titles.methods"), (Bullets(bullets),))


def naive(context: Context) -> dict[str, Any] | None:
    """Return the row of the naive join, if it was computed and its counts may be printed."""
    row = context.rows.one("method_sensitivity", method="naive_join")
    if row is None or row.get("joined_rows") is None or (row.get("cohort_customers") or 0) < context.minimum:
        return None
    return row


def naive_sentence(context: Context) -> str | None:
    """Return what joining the tables row by row would have counted."""
    row = naive(context)
    if row is None:
        return context.words.text("methods.naive_not_computed")
    numbers = context.words.numbers
    return context.words.text(
        "methods.naive",
        rows=numbers.count(row["joined_rows"]),
        customers=context.words.customers(row["cohort_customers"]),
        fan_out=NOTHING
        if row.get("fan_out") is None
        else numbers.number(row["fan_out"], 1 if row["fan_out"] >= 2 else 2),
        ours=context.n(context.rows.cohort_size()),
    )


def _others(context: Context) -> str | None:
    rows = {row["method"]: row for row in context.rows.all("method_sensitivity")}
    ours, level = rows.get("latest_snapshot"), rows.get("row_level")
    if not ours or not level or ours.get("population_mean") is None or level.get("population_mean") is None:
        return None
    return context.words.text(
        "methods.row_level_equal" if ours["population_mean"] == level["population_mean"] else "methods.row_level",
        column=_column(context),
        ours=_threshold(context, ours["population_mean"]),
        rows=_threshold(context, level["population_mean"]),
        n_ours=context.n(ours.get("cohort_customers")),
        n_rows=context.n(level.get("cohort_customers")),
    )


def _threshold(context: Context, value: float) -> str:
    """Return the threshold taken from the data in the unit of its column."""
    columns = _columns(context)
    return context.figure(columns[0], value) if len(columns) == 1 else context.words.numbers.number(value, 2)


def _column(context: Context) -> str:
    """Return which column the threshold is of: a definition may take several from the data."""
    return context.words.listing([context.words.measure(column) for column in _columns(context)])


def _columns(context: Context) -> list[str]:
    conditions = context.definition.get("cohort") or ()
    return [str(part["column"]) for part in conditions if part.get("statistic") and not part.get("within")]


def _line(context: Context, method: str, row: dict[str, Any]) -> tuple[str, ...]:
    words = context.words
    not_computed = words.text("methods.not_computed")
    customers = row.get("cohort_customers")
    small = customers is not None and 0 < customers < context.minimum
    is_naive = method == "naive_join"

    def number(name: str, digits: int = 2) -> str:
        value = row.get(name)
        if value is None:
            return not_computed if is_naive else NOTHING
        if name == "population_mean":
            return _threshold(context, value)
        return NOTHING if small else words.numbers.number(value, digits)

    joined = row.get("joined_rows")
    if joined is None or small:
        rows_text = not_computed if is_naive and not small else NOTHING
    else:
        rows_text = words.numbers.count(joined)
    return (
        words.text(f"methods.name.{method}"),
        number("population_mean"),
        rows_text,
        not_computed if customers is None else context.n(customers),
        number("fan_out", 1 if (row.get("fan_out") or 0) >= 2 else 2) if is_naive else NOTHING,
        number("mean_recency"),
        number("mean_frequency"),
        number("mean_monetary"),
    )
