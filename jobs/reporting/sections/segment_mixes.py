"""Mixes of categories per segment: shares side by side, with the test of each compared pair."""

from __future__ import annotations

from typing import Any

from jobs.reporting.cells import HiddenGrid, Pair, hidden_in_grid
from jobs.reporting.context import NOTHING, Context
from jobs.reporting.model import Block, Bullet, Bullets, Source, Table
from jobs.reporting.sections import mixes
from jobs.reporting.sections import segment_rows as rows_of
from jobs.reporting.verdicts import Verdict, of_association
from jobs.reporting.words import in_order
from transforms import derived

_NOT_MIXES = ("segment", "ltv_share")
_AT_ONCE = 3  # segments side by side in one table
_CUT_FROM = {derived.IMBALANCE_BIN: derived.MONETARY_IMBALANCE}


def dimensions(context: Context, section: str) -> list[str]:
    """Return the dimensions that have rows, in the definition's order."""
    rows = context.rows.all("distributions", section=section, group_name=rows_of.POPULATION)
    present = {str(row["dimension"]) for row in rows} - set(_NOT_MIXES)
    named = [str(name) for name in context.options(section).get("dimensions") or ()]
    return [name for name in named if name in present] + sorted(present - set(named))


def mix(context: Context, section: str, dimension: str) -> list[Block]:
    """Return the sentences of the tests and the table of one dimension."""
    blocks: list[Block] = []
    told = _tests(context, section, dimension)
    if told:
        blocks.append(Bullets(tuple(told)))
    segments = rows_of.filled(context)
    for start in range(0, len(segments), _AT_ONCE):
        chunk = segments[start : start + _AT_ONCE]
        blocks.append(_table(context, section, dimension, chunk))
    if _hidden(context, section, dimension).cells or rows_of.hidden_segments(context):
        blocks.append(context.hidden_note())
    return blocks


def _tests(context: Context, section: str, dimension: str) -> list[Bullet]:
    told = []
    sizes = rows_of.sizes(context) | {
        f"not_{name}": context.rows.population_size() - n for name, n in rows_of.sizes(context).items()
    }
    numbers = context.words.numbers
    for a, b in rows_of.pairs(context):
        row = context.rows.one("associations", section=section, x=f"{a}_vs_{b}", y=dimension)
        if row is None:
            # among segments every dimension is tested, save those tied to the rules
            if section == rows_of.SECTION or _is_cut_by_definition(context, section, dimension):
                names = {"a": rows_of.head(context, a), "b": context.words.segment(b)}
                text = context.words.text(
                    "segments.mix.by_definition", dimension=context.words.dimension_in_sentence(dimension), **names
                )
                told.append(Bullet("", text, (Source("distributions", section),)))
            continue
        verdict = of_association(row, context.minimum, smallest_group=min(sizes.get(a, 0), sizes.get(b, 0)))
        if {a, b} & rows_of.hidden_segments(context):
            verdict = Verdict.TOO_SMALL
        text = context.words.text(
            f"segments.mix.{verdict}",
            a=rows_of.head(context, a),
            b=context.words.segment(b),
            dimension=context.words.dimension_in_sentence(dimension),
            p=context.p(row.get("p_adjusted")),
            raw_p=context.p(row.get("p_value")),
            v=NOTHING if row.get("cramers_v") is None else numbers.number(row["cramers_v"], 3),
            n=context.n(row.get("n")),
        )
        told.append(Bullet("", text, (Source("associations", section),)))
    return told


def _is_cut_by_definition(context: Context, section: str, dimension: str) -> bool:
    """Tell whether the values are bands of a measure that the definition ties to the rules of the segments."""
    return dimension in _CUT_FROM and rows_of.is_by_definition(context, section, _CUT_FROM[dimension])


def _rows(context: Context, section: str, dimension: str) -> dict[Pair, dict[str, Any]]:
    """Return the rows of a dimension by value and group."""
    rows = context.rows.all("distributions", section=section, dimension=dimension)
    return {(str(row["value"]), str(row["group_name"])): row for row in rows}


def _hidden(context: Context, section: str, dimension: str) -> HiddenGrid:
    """Return hidden cells, hidden values (their sum over all customers) and hidden segments."""
    return context.rows.once((section, dimension, "mix"), lambda: _hidden_cells(context, section, dimension))


def _hidden_cells(context: Context, section: str, dimension: str) -> HiddenGrid:
    rows = _rows(context, section, dimension)
    counts = {cell: int(row.get("n") or 0) for cell, row in rows.items() if cell[1] != rows_of.POPULATION}
    by_value = {cell: cell[0] for cell in counts}
    by_segment = {cell: cell[1] for cell in counts}
    return hidden_in_grid(counts, [by_value, by_segment], context.minimum)


def _table(context: Context, section: str, dimension: str, segments: list[str]) -> Table:
    words = context.words
    rows = _rows(context, section, dimension)
    grid = _hidden(context, section, dimension)
    values = in_order(dimension, sorted({value for value, _ in rows}))
    headers = [words.dimension(dimension)]
    for group in (*segments, rows_of.POPULATION):
        headers += [words.text("segments.share_of", segment=rows_of.head(context, group)), words.text("columns.n")]
    sizes = {value: int((rows.get((value, rows_of.POPULATION)) or {}).get("n") or 0) for value in values}
    tiny = [value for value in values if 0 < sizes[value] < context.minimum]
    lines = []
    named = [value for value in values if value not in tiny]
    largest = mixes.most_frequent(named, sizes)
    for value in largest:
        whole = rows.get((value, rows_of.POPULATION)) or {}
        line = [words.value(dimension, value)]
        for group in segments:
            hide = (value, group) in grid.cells or group in rows_of.hidden_segments(context)
            line += _cells(context, rows.get((value, group)), hide=hide)
        line += _cells(context, whole, hide=value in grid.sums[0])
        lines.append(tuple(line))
    if len(named) > len(largest):
        more = words.more_values(len(named) - len(largest))
        lines.append((more, *[NOTHING] * (2 * len(segments) + 2)))
    # a value that few customers have may be a name that got into the wrong column: it is not printed
    if tiny:
        small = [NOTHING, f"<{context.minimum}"] * (len(segments) + 1)
        lines.append((words.further_values(len(tiny)), *small))
    return Table(
        headers=tuple(headers),
        rows=tuple(lines),
        numeric=frozenset(range(1, len(headers))),
        sources=(Source("distributions", section),),
    )


def _cells(context: Context, row: dict[str, Any] | None, *, hide: bool) -> list[str]:
    if row is None:
        return [NOTHING, NOTHING]
    n = context.n(row.get("n"), hidden=hide)
    if hide or row.get("share") is None:
        return [NOTHING, n]
    interval = context.share_interval(row.get("share_low"), row.get("share_high"))
    share = context.words.numbers.percent(row["share"])
    return [share if interval == NOTHING else share + context.words.text("charts.in_brackets", text=interval), n]
