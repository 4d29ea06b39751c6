"""Two categories against each other over all customers: how many, and their lifetime value."""

from __future__ import annotations

from typing import Any

from jobs.reporting import predicates
from jobs.reporting.cells import Pair
from jobs.reporting.context import NOTHING, Context
from jobs.reporting.disclosure import hidden_cells, is_small
from jobs.reporting.model import Block, Heading, Paragraph, Source, Table
from jobs.reporting.sections import segment_rows as rows_of
from jobs.reporting.words import in_order, is_on_scale

_SOURCES = (Source("crosstabs", rows_of.SECTION),)


def grids(context: Context) -> list[Pair]:
    """Return the pairs of categories that have rows, in the definition's order."""
    found = {
        (str(row["row_dimension"]), str(row["column_dimension"]))
        for row in context.rows.all("crosstabs", section=rows_of.SECTION, group_name=rows_of.POPULATION)
    }
    wanted = context.options(rows_of.SECTION).get("crosstabs") or ()
    named = [(str(pair["row"]), str(pair["column"])) for pair in wanted]
    return [pair for pair in named if pair in found] + sorted(found - set(named))


def grid(context: Context, pair: Pair) -> list[Block]:
    """Return heading and tables of one pair: customers per cell, and mean lifetime value per cell."""
    words = context.words
    cells = _cells(context, pair)
    hidden = _hidden(context, pair)
    rows = _listed(context, pair[0], cells, side=0)
    columns = _listed(context, pair[1], cells, side=1)
    names = {"row": words.dimension(pair[0]), "column": words.measure(pair[1])}
    blocks: list[Block] = [Heading(words.text("segments.grid.heading", **names))]
    if not rows or not columns:
        return [*blocks, Paragraph(words.text("segments.grid.too_small", minimum=words.numbers.count(context.minimum)))]
    for caption, value in (("customers", _count), ("ltv", _ltv)):
        lines = [
            (
                words.value(pair[0], row),
                *(value(context, cells.get((row, column)), (row, column) in hidden) for column in columns),
            )
            for row in rows
        ]
        if all(text == NOTHING for line in lines for text in line[1:]):
            continue
        blocks.append(
            Table(
                headers=(words.dimension(pair[0]), *(words.value(pair[1], column) for column in columns)),
                rows=tuple(lines),
                numeric=frozenset(range(1, len(columns) + 1)),
                caption=words.text(f"segments.grid.{caption}"),
                sources=_SOURCES,
            )
        )
    if text := _left_out(context, pair, cells, (rows, columns)):
        blocks.append(Paragraph(text))
    if any((row, column) in hidden for row in rows for column in columns):
        blocks.append(context.hidden_note())
    return blocks


def _cells(context: Context, pair: Pair) -> dict[Pair, dict[str, Any]]:
    rows = context.rows.all(
        "crosstabs",
        section=rows_of.SECTION,
        group_name=rows_of.POPULATION,
        row_dimension=pair[0],
        column_dimension=pair[1],
    )
    return {(str(row["row_value"]), str(row["column_value"])): row for row in rows}


def _hidden(context: Context, pair: Pair) -> frozenset[Pair]:
    """Return the hidden cells. Sums over rows or columns are not printed; the number of all customers is."""
    counts = {cell: int(row["n"]) for cell, row in _cells(context, pair).items()}
    return context.rows.once(("grid", *pair), lambda: hidden_cells(counts, [list(counts)], context.minimum))


def _listed(context: Context, dimension: str, cells: dict[Pair, dict[str, Any]], *, side: int) -> list[str]:
    """Return the values with at least one cell that is large enough; stray spellings have none."""
    large = {cell[side] for cell, row in cells.items() if int(row["n"]) >= context.minimum}
    return in_order(dimension, sorted(large))


def _left_out(
    context: Context, pair: Pair, cells: dict[Pair, dict[str, Any]], listed: tuple[list[str], list[str]]
) -> str | None:
    """Return which values are not listed: known ones by name, spellings of the data without; None where all are."""
    words = context.words
    known: list[str] = []
    is_any_stray = False
    for side, dimension in enumerate(pair):
        missing = in_order(dimension, sorted({cell[side] for cell in cells} - set(listed[side])))
        named = [value for value in missing if _is_known(context, dimension, value)]
        known += [words.value(dimension, value) for value in named]
        is_any_stray = is_any_stray or len(named) < len(missing)
    minimum = words.numbers.count(context.minimum)
    if known:
        names = [*known, words.text("segments.grid.other_spellings")] if is_any_stray else known
        return words.text("segments.grid.left_out", minimum=minimum, names=words.listing(names))
    return words.text("segments.grid.not_listed", minimum=minimum) if is_any_stray else None


def _is_known(context: Context, dimension: str, value: str) -> bool:
    """Tell whether the scale of the dimension or a rule of the segments holds the value: no stray spelling then."""
    if is_on_scale(dimension, value):
        return True
    rules = (context.definition.get("segments") or {}).get("rules") or ()
    return any(
        value == constant
        for one in predicates.conditions(rules)
        if one.get("column") == dimension
        for constant in (one["value"] if isinstance(one.get("value"), list) else [one.get("value")])
    )


def _count(context: Context, row: dict[str, Any] | None, hide: bool) -> str:
    return context.n(0 if row is None else row["n"], hidden=hide)


def _ltv(context: Context, row: dict[str, Any] | None, hide: bool) -> str:
    if row is None or hide or row.get("mean_ltv") is None:
        return NOTHING
    if is_small(row.get("n_ltv"), context.minimum):
        return NOTHING
    mean = context.figure(rows_of.LTV, row["mean_ltv"])
    interval = context.interval(rows_of.LTV, row.get("ltv_ci_low"), row.get("ltv_ci_high"))
    text = mean if interval == NOTHING else mean + context.words.text("charts.in_brackets", text=interval)
    return context.words.text("charts.value_n", value=text, n=context.n_text(row.get("n_ltv")))
