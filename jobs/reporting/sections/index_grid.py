"""The nine cells of value index by risk index: what is hidden, what is at stake, table and chart."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jobs.reporting.cells import Pair
from jobs.reporting.charts.specifications import HeatCell, HeatChart
from jobs.reporting.context import NOTHING, Context
from jobs.reporting.disclosure import hidden_cells
from jobs.reporting.model import Block
from jobs.reporting.sections import strategy_grid

SECTION = "indices"
LTV, LEVELS = strategy_grid.LTV, strategy_grid.LEVELS
WITHOUT: Pair = ("(none)", "(none)")
"""The cell of everybody without one of the indices."""


def cells_of(context: Context) -> dict[Pair, dict[str, Any]]:
    """Return the cohort's rows of the grid by value level and risk level."""
    return strategy_grid.cells_of(context, SECTION)


def hidden_grid(context: Context) -> frozenset[Pair]:
    """Return the hidden cells; customers without one of the indices count as one cell."""
    return context.rows.once(SECTION, lambda: _hidden_grid(context))


def _hidden_grid(context: Context) -> frozenset[Pair]:
    counts: dict[Pair, int] = {(value, risk): 0 for value in LEVELS for risk in LEVELS}
    for cell, row in cells_of(context).items():
        merged = WITHOUT if WITHOUT[0] in cell else cell
        counts[merged] = counts.get(merged, 0) + int(row["n"])
    return hidden_cells(counts, [list(counts)], context.minimum)


def top_sentence(context: Context) -> str | None:
    """Return the shown cell with most at stake, and what to do there."""
    found = _top(context)
    if found is None:
        return None
    cell, row = found
    return context.words.text(
        "indices.top",
        cell=context.words.segment("/".join(cell)),
        stake=context.words.numbers.money(row["value_at_stake"]),
        n=context.words.customers(row["n"]),
        strategy=_strategy(context, cell),
    )


def _top(context: Context) -> tuple[Pair, dict[str, Any]] | None:
    hidden = hidden_grid(context)
    shown = [
        (cell, row)
        for cell, row in cells_of(context).items()
        if cell not in hidden and WITHOUT[0] not in cell and row["n"] and (row.get("value_at_stake") or 0) > 0
    ]
    return max(shown, key=lambda item: (item[1]["value_at_stake"], item[0]), default=None)


def _strategy(context: Context, cell: Pair) -> str:
    return strategy_grid.strategy(context, SECTION, cell)


def matrix(context: Context) -> Block:
    """Return the grid as a table, every cell with its strategy."""
    return strategy_grid.matrix(
        context, SECTION, hidden_grid(context), "value_at_stake", lambda row: _stake(context, row)
    )


def _stake(context: Context, row: Mapping[str, Any]) -> str:
    stake = row.get("value_at_stake")
    return NOTHING if stake is None else context.words.numbers.money(stake)


def chart(context: Context) -> HeatChart:
    """Return the heat chart of the grid, coloured by what is at stake."""
    words = context.words
    cells, hidden = cells_of(context), hidden_grid(context)
    grid = []
    for value in LEVELS:
        line = []
        for risk in LEVELS:
            row = cells.get((value, risk))
            hide = (value, risk) in hidden
            texts = [_strategy(context, (value, risk))]
            texts.append(context.n_text(0 if row is None else row["n"], hidden=hide))
            stake = None
            if row is not None and not hide and (row.get("n_ltv") or 0) >= context.minimum:
                texts.extend(strategy_grid.ltv_lines(context, row))
                texts.append(words.text("indices.at_stake", value=_stake(context, row)))
                stake = row.get("value_at_stake")
            line.append(HeatCell(stake, tuple(texts)))
        grid.append(tuple(line))
    return HeatChart(
        title=_chart_title(context),
        row_axis=words.title("value_index"),
        column_axis=words.title("risk_index"),
        rows=tuple(words.value("value_level", value) for value in LEVELS),
        columns=tuple(words.value("risk_level", risk) for risk in LEVELS),
        cells=tuple(grid),
        scale=words.text("recommendations.axis", currency=words.numbers.currency_name()),
        ticks=words.numbers.money,
        note=words.text("indices.chart_note"),
    )


def _chart_title(context: Context) -> str:
    found = _top(context)
    if found is None:
        return context.words.text("indices.chart_title_plain")
    return context.words.text("indices.chart_title", cell=context.words.segment("/".join(found[0])))
