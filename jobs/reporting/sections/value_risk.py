"""Value by risk, three by three: the corrected grading, and what the one as written leaves out."""

from __future__ import annotations

from typing import Any

from jobs.reporting import predicates
from jobs.reporting.cells import HiddenGrid, Pair, hidden_in_grid
from jobs.reporting.charts.specifications import HeatCell, HeatChart
from jobs.reporting.context import NOTHING, Context
from jobs.reporting.disclosure import hidden_cells, is_small
from jobs.reporting.model import Block, Bullet, Bullets, Figure, Heading, Paragraph, Section, Source
from jobs.reporting.quality_notes import notes_for

_NAME = "value_risk"
AS_WRITTEN = "value_risk_as_written"
LEVELS = ("high", "medium", "low")
NO_LEVEL = "(none)"
_LTV = "estimated_customer_ltv"
_CELLS = (Source("crosstabs", _NAME),)


def build(context: Context) -> Section:
    """Return the chapter on value and risk."""
    words = context.words
    title = words.text("titles.value_risk")
    if not context.has_cohort():
        return Section(_NAME, title, (Paragraph(context.no_cohort()),))
    if not cells_of(context):
        return Section(_NAME, title, (Paragraph(words.text("sections.no_rows")),))
    blocks: list[Block] = [Heading(words.text("value_risk.levels"))]
    for dimension, key in (("value_level", "value_levels"), ("risk_level", "risk_levels")):
        blocks.append(Bullets(tuple(_rule(context, dimension, rule) for rule in context.options(_NAME).get(key) or ())))
    written = context.options(_NAME).get("risk_levels_as_written") or ()
    if written:
        blocks.append(Paragraph(words.text("value_risk.as_written_rules")))
        blocks.append(Bullets(tuple(_rule(context, "risk_level", rule) for rule in written)))
    sentence = as_written_sentence(context)
    if sentence:
        blocks.append(Paragraph(sentence, (Source("distributions", AS_WRITTEN), Source("distributions", _NAME))))
    blocks.append(_levels_table(context))
    if hidden_levels(context, AS_WRITTEN, "risk_level") or any(grid_hidden(context).sums):
        blocks.append(context.hidden_note())
    blocks.append(Heading(words.text("value_risk.matrix")))
    title_of_chart = words.text("value_risk.chart_title", n=words.customers(context.rows.cohort_size()))
    blocks.append(
        Figure(
            "value_risk_matrix",
            words.text("value_risk.alt", title=title_of_chart),
            _chart(context.for_charts),
            _CELLS,
        )
    )
    blocks.append(_matrix(context))
    if grid_hidden(context).cells:
        blocks.append(context.hidden_note())
    blocks.extend(notes_for(context, _NAME, AS_WRITTEN))
    return Section(_NAME, title, tuple(blocks))


def cells_of(context: Context) -> dict[Pair, dict[str, Any]]:
    """Return the cohort's rows of the corrected grid by value and risk level."""
    rows = context.rows.all("crosstabs", section=_NAME, group_name="cohort")
    return {(str(row["row_value"]), str(row["column_value"])): row for row in rows}


def grid_hidden(context: Context) -> HiddenGrid:
    """Return hidden cells and hidden levels (value, risk)."""
    counts = {cell: int(row["n"]) for cell, row in cells_of(context).items()}
    by_value, by_risk = ({cell: cell[i] for cell in counts} for i in (0, 1))
    return context.rows.once(_NAME, lambda: hidden_in_grid(counts, [by_value, by_risk], context.minimum))


def hidden_levels(context: Context, section: str, dimension: str) -> frozenset[str]:
    """Return the hidden levels of one distribution."""
    if section == _NAME:
        return grid_hidden(context).sums[0 if dimension == "value_level" else 1]
    counts = {level: int(row["n"] or 0) for level, row in _levels(context, section, dimension).items()}
    return hidden_cells(counts, [list(counts)], context.minimum)


def without_level(context: Context) -> dict[str, Any] | None:
    """Return the row of customers whom the grading as written leaves without a risk level, if printable."""
    if NO_LEVEL in hidden_levels(context, AS_WRITTEN, "risk_level"):
        return None
    return _levels(context, AS_WRITTEN, "risk_level").get(NO_LEVEL)


def as_written_sentence(context: Context) -> str | None:
    """Return how many customers either grading leaves without a level."""
    written = without_level(context)
    if written is None:
        return None
    words = context.words
    corrected = _levels(context, _NAME, "risk_level").get(NO_LEVEL)
    hide = NO_LEVEL in hidden_levels(context, _NAME, "risk_level")
    text = words.text(
        "value_risk.as_written",
        n=words.customers(int(written["n"])),
        share=words.numbers.percent(written["share"]),
        corrected=NOTHING if corrected is None else context.n(corrected["n"], hidden=hide),
    )
    everybody = context.rows.one(
        "distributions", section=AS_WRITTEN, group_name="population", dimension="risk_level", value="low"
    )
    if everybody is not None and everybody["n"] == 0:
        text += words.text("labels.sentence_space") + words.text("value_risk.as_written_low_empty")
    return text


def _levels(context: Context, section: str, dimension: str) -> dict[str, dict[str, Any]]:
    rows = context.rows.all("distributions", section=section, group_name="cohort", dimension=dimension)
    return {str(row["value"]): row for row in rows}


def _rule(context: Context, dimension: str, rule: dict[str, Any]) -> Bullet:
    name = context.words.value(dimension, str(rule["name"]))
    lead = context.words.text(f"value_risk.{dimension}", level=name)
    return Bullet(lead, predicates.all_in_words(context, rule))


def _levels_table(context: Context) -> Block:
    rows = []
    for section, dimension in ((_NAME, "value_level"), (_NAME, "risk_level"), (AS_WRITTEN, "risk_level")):
        levels = _levels(context, section, dimension)
        hidden = hidden_levels(context, section, dimension)
        for level in (*LEVELS, NO_LEVEL):
            row = levels.get(level)
            if row is None:
                continue
            hide = level in hidden or is_small(row["n"], context.minimum)
            share = NOTHING if hide else context.words.numbers.percent(row["share"] or 0.0)
            interval = NOTHING if hide else context.share_interval(row.get("share_low"), row.get("share_high"))
            rows.append(
                (
                    context.words.text(f"value_risk.grading.{section}.{dimension}"),
                    context.words.value(dimension, level),
                    context.n(row["n"], hidden=hide),
                    share,
                    interval,
                )
            )
    return context.table(
        ("grading", "level", "cohort_n", "cohort_share", "interval_95"),
        rows,
        texts=2,
        sources=(Source("distributions", _NAME), Source("distributions", AS_WRITTEN)),
    )


def _strategy(context: Context, cell: Pair) -> str:
    for item in context.options(_NAME).get("cells") or ():
        if (item["value"], item["risk"]) == cell:
            return context.words.strategy(str(item["strategy"]))
    return context.words.text("value_risk.no_strategy")


def _present(context: Context) -> tuple[list[str], list[str]]:
    cells = cells_of(context)
    values = [*LEVELS, *([NO_LEVEL] if any(c[0] == NO_LEVEL for c in cells) else [])]
    risks = [*LEVELS, *([NO_LEVEL] if any(c[1] == NO_LEVEL for c in cells) else [])]
    return values, risks


def _matrix(context: Context) -> Block:
    cells, hidden = cells_of(context), grid_hidden(context).cells
    values, risks = _present(context)
    lines = []
    for value in values:
        for risk in risks:
            row = cells.get((value, risk))
            hide = (value, risk) in hidden
            figures = [NOTHING, NOTHING, NOTHING]
            if row is not None and not hide and not is_small(row.get("n_ltv"), context.minimum):
                figures = [
                    context.figure(_LTV, row.get("mean_ltv")),
                    context.interval(_LTV, row.get("ltv_ci_low"), row.get("ltv_ci_high")),
                    context.figure(_LTV, row.get("sum_ltv")),
                ]
            lines.append(
                (
                    context.words.value("value_level", value),
                    context.words.value("risk_level", risk),
                    _strategy(context, (value, risk)),
                    context.n(0 if row is None else row["n"], hidden=hide),
                    *figures,
                )
            )
    return context.table(
        ("value_level", "risk_level", "strategy", "cohort_n", "cohort_ltv", "interval_95", "cohort_ltv_sum"),
        lines,
        texts=3,
        sources=_CELLS,
    )


def _chart(context: Context) -> HeatChart:
    words = context.words
    cells, hidden = cells_of(context), grid_hidden(context).cells
    values, risks = _present(context)
    grid = []
    for value in values:
        line = []
        for risk in risks:
            row = cells.get((value, risk))
            hide = (value, risk) in hidden
            texts = [_strategy(context, (value, risk))]
            texts.append(words.text("charts.n", n=context.n(0 if row is None else row["n"], hidden=hide)))
            if row is not None and not hide and (row.get("n_ltv") or 0) >= context.minimum:
                texts.append(words.text("charts.ltv", value=context.figure(_LTV, row["mean_ltv"])))
            marked = NO_LEVEL in (value, risk)
            line.append(HeatCell(None if row is None or hide else float(row["n"]), tuple(texts), is_marked=marked))
        grid.append(tuple(line))
    return HeatChart(
        title=words.text("value_risk.chart_title", n=words.customers(context.rows.cohort_size())),
        row_axis=words.title("value_level"),
        column_axis=words.title("risk_level"),
        rows=tuple(words.value("value_level", value) for value in values),
        columns=tuple(words.value("risk_level", risk) for risk in risks),
        cells=tuple(grid),
        scale=words.text("charts.customers_axis"),
        ticks=lambda value: words.numbers.number(value, 0),
        note=words.text("value_risk.chart_note"),
    )
