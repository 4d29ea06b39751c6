"""Value by risk, three by three: the corrected grading, and what the one as written leaves out."""

from __future__ import annotations

from typing import Any

from jobs.reporting import predicates
from jobs.reporting.cells import Pair
from jobs.reporting.charts.specifications import HeatCell, HeatChart
from jobs.reporting.context import NOTHING, Context
from jobs.reporting.disclosure import hidden_cells
from jobs.reporting.model import Block, Bullet, Bullets, Figure, Heading, Paragraph, Section, Source
from jobs.reporting.quality_notes import notes_for
from jobs.reporting.sections import strategy_grid

_NAME = "value_risk"
AS_WRITTEN = "value_risk_as_written"
_LTV, LEVELS = strategy_grid.LTV, strategy_grid.LEVELS
NO_LEVEL = "(none)"
_CELLS = (Source("crosstabs", _NAME),)


def build(context: Context) -> Section:
    """Return the chapter on value and risk."""
    words = context.words
    title = words.text("titles.value_risk")
    if not context.has_cohort():
        return Section(_NAME, title, (Paragraph(context.no_cohort()),))
    if not cells_of(context):
        return Section(_NAME, title, (Paragraph(words.text("sections.no_rows")),))
    chart = _chart(context.for_charts)
    blocks: list[Block] = [
        *_largest(context),
        Figure("value_risk_matrix", words.text("value_risk.alt", title=chart.title), chart, _CELLS),
        _matrix(context),
    ]
    if any(int(row.get("n_ltv") or 0) < int(row["n"]) for row in cells_of(context).values()):
        blocks.append(Paragraph(words.text("value_risk.n")))
    if hidden_grid(context):
        blocks.append(context.hidden_note())
    blocks.extend(_grading(context))
    blocks.extend(notes_for(context, _NAME, AS_WRITTEN))
    return Section(_NAME, title, tuple(blocks))


def _grading(context: Context) -> list[Block]:
    """Return the rules of both gradings, and whom the one as first written leaves without a level."""
    words = context.words
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
    if _hidden_as_written(context):
        blocks.append(context.hidden_note())
    return blocks


def cells_of(context: Context) -> dict[Pair, dict[str, Any]]:
    """Return the cohort's rows of the corrected grid by value and risk level."""
    return strategy_grid.cells_of(context, _NAME)


def hidden_grid(context: Context) -> frozenset[Pair]:
    """Return the hidden cells; customers without a level count as one cell, `(none)` by `(none)`.

    The counts per level are not printed: with them, a handful of customers without a level would
    hide half of the grid.
    """
    return context.rows.once(_NAME, lambda: _hidden_grid(context))


def _hidden_grid(context: Context) -> frozenset[Pair]:
    counts: dict[Pair, int] = {(value, risk): 0 for value in LEVELS for risk in LEVELS}
    for cell, row in cells_of(context).items():
        merged = (NO_LEVEL, NO_LEVEL) if NO_LEVEL in cell else cell
        counts[merged] = counts.get(merged, 0) + int(row["n"])
    return hidden_cells(counts, [list(counts)], context.minimum)


def _hidden_as_written(context: Context) -> frozenset[str]:
    counts = {level: int(row["n"] or 0) for level, row in _levels(context, AS_WRITTEN, "risk_level").items()}
    return hidden_cells(counts, [list(counts)], context.minimum)


def without_level(context: Context) -> dict[str, Any] | None:
    """Return the row of customers whom the grading as written leaves without a risk level, if printable."""
    if NO_LEVEL in _hidden_as_written(context):
        return None
    return _levels(context, AS_WRITTEN, "risk_level").get(NO_LEVEL)


def as_written_sentence(context: Context) -> str | None:
    """Return how many customers either grading leaves without a level."""
    written = without_level(context)
    if written is None:
        return None
    words = context.words
    corrected = _levels(context, _NAME, "risk_level").get(NO_LEVEL)
    hide = (NO_LEVEL, NO_LEVEL) in hidden_grid(context)
    text = words.text(
        "value_risk.as_written",
        n=words.customers(written["n"]),
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
    hidden = _hidden_as_written(context)
    levels = _levels(context, AS_WRITTEN, "risk_level")
    for level in (*LEVELS, NO_LEVEL):
        row = levels.get(level)
        if row is None:
            continue
        hide = level in hidden
        share = NOTHING if hide else context.words.numbers.percent(row["share"] or 0.0)
        interval = NOTHING if hide else context.share_interval(row.get("share_low"), row.get("share_high"))
        name = context.words.value("risk_level", level)
        rows.append((name, context.n(row["n"], hidden=hide), share, interval))
    return context.table(
        ("risk_as_written", "cohort_n", "cohort_share", "interval_95"),
        rows,
        sources=(Source("distributions", AS_WRITTEN),),
    )


def _strategy(context: Context, cell: Pair) -> str:
    return strategy_grid.strategy(context, _NAME, cell)


def _matrix(context: Context) -> Block:
    return strategy_grid.matrix(
        context,
        _NAME,
        hidden_grid(context),
        "cohort_ltv_sum",
        lambda row: context.figure(_LTV, row.get("sum_ltv")),
    )


def _largest_cell(context: Context) -> tuple[Pair, int] | None:
    """Return the cell with most cohort customers and their number; None where two hold as many, or it is hidden."""
    counts = {cell: int(row["n"]) for cell, row in cells_of(context).items() if NO_LEVEL not in cell}
    most = max(counts.values(), default=0)
    largest = [cell for cell, n in counts.items() if n == most]
    return (largest[0], most) if most and len(largest) == 1 and largest[0] not in hidden_grid(context) else None


def _largest(context: Context) -> list[Block]:
    found = _largest_cell(context)
    if found is None:
        return []
    cell, n = found
    text = context.words.text(
        "value_risk.largest",
        cell=context.words.segment("/".join(cell)),
        n=context.words.numbers.count(n),
        strategy=_strategy(context, cell),
    )
    return [Paragraph(text, _CELLS)]


def _chart_title(context: Context) -> str:
    words, found = context.words, _largest_cell(context)
    if found is None:
        return words.text("value_risk.chart_title_plain")
    return words.text("value_risk.chart_title", cell=words.segment("/".join(found[0])), n=words.numbers.count(found[1]))


def _chart(context: Context) -> HeatChart:
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
            if row is not None and not hide and (row.get("n_ltv") or 0) >= context.minimum:
                texts.extend(strategy_grid.ltv_lines(context, row))
            line.append(HeatCell(None if row is None or hide else float(row["n"]), tuple(texts)))
        grid.append(tuple(line))
    return HeatChart(
        title=_chart_title(context),
        row_axis=words.title("value_level"),
        column_axis=words.title("risk_level"),
        rows=tuple(words.value("value_level", value) for value in LEVELS),
        columns=tuple(words.value("risk_level", risk) for risk in LEVELS),
        cells=tuple(grid),
        scale=words.text("charts.customers_axis"),
        ticks=lambda value: words.numbers.number(value, 0),
        note=words.text("value_risk.chart_note"),
    )
