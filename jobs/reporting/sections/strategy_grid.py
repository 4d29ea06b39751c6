"""A 3x3 of value by risk levels with a strategy per cell: what both such grids print alike."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

from jobs.reporting.cells import Pair
from jobs.reporting.context import NOTHING, Context
from jobs.reporting.disclosure import is_small
from jobs.reporting.model import Block, Source

LTV = "estimated_customer_ltv"
LEVELS = ("high", "medium", "low")


def cells_of(context: Context, section: str) -> dict[Pair, dict[str, Any]]:
    """Return the cohort's rows of the section's grid by value level and risk level."""
    rows = context.rows.all("crosstabs", section=section, group_name="cohort")
    return {(str(row["row_value"]), str(row["column_value"])): row for row in rows}


def strategy(context: Context, section: str, cell: Pair) -> str:
    """Return the title of a cell's strategy, or that it has none."""
    for item in context.options(section).get("cells") or ():
        if (item["value"], item["risk"]) == cell:
            return context.words.strategy(str(item["strategy"]))
    return context.words.text("value_risk.no_strategy")


def ltv_lines(context: Context, row: Mapping[str, Any]) -> list[str]:
    """Return the lines of a cell of the chart: mean lifetime value and, in brackets, its interval."""
    lines = [context.words.text("charts.ltv", value=context.figure(LTV, row["mean_ltv"]))]
    interval = context.interval(LTV, row.get("ltv_ci_low"), row.get("ltv_ci_high"))
    if interval != NOTHING:
        lines.append(context.words.text("charts.in_brackets", text=interval).strip())
    return lines


def matrix(
    context: Context,
    section: str,
    hidden: Collection[Pair],
    amount: str,
    shown: Callable[[Mapping[str, Any]], str],
) -> Block:
    """Return the grid as a table, every cell with its strategy; the last column is `amount`, printed by `shown`."""
    cells = cells_of(context, section)
    lines = []
    for value in LEVELS:
        for risk in LEVELS:
            row = cells.get((value, risk))
            hide = (value, risk) in hidden
            figures = [NOTHING, NOTHING, NOTHING]
            if row is not None and not hide and not is_small(row.get("n_ltv"), context.minimum):
                figures = [
                    context.figure(LTV, row.get("mean_ltv")),
                    context.interval(LTV, row.get("ltv_ci_low"), row.get("ltv_ci_high")),
                    shown(row),
                ]
            lines.append(
                (
                    context.words.value("value_level", value),
                    context.words.value("risk_level", risk),
                    strategy(context, section, (value, risk)),
                    context.n(0 if row is None else row["n"], hidden=hide),
                    *figures,
                )
            )
    return context.table(
        ("value_level", "risk_level", "strategy", "cohort_n", "cohort_ltv", "interval_95", amount),
        lines,
        texts=3,
        sources=(Source("crosstabs", section),),
    )
