"""The value index against the risk index: how they are built, how they spread, and the nine cells."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jobs.reporting.context import NOTHING, WITHHELD, Context
from jobs.reporting.disclosure import is_small
from jobs.reporting.model import Block, Figure, Heading, Note, Paragraph, Section, Source
from jobs.reporting.quality_notes import failed, message
from jobs.reporting.sections import index_grid

_NAME = index_grid.SECTION
INDICES = ("value_index", "risk_index")
_MEASURES = (Source("measures", _NAME),)
_CELLS = (Source("crosstabs", _NAME),)
_DIGITS = 3  # an index lies between 0 and 1


def build(context: Context) -> Section:
    """Return the chapter on the two indices."""
    words = context.words
    title = words.text("titles.indices")
    if not context.has_cohort():
        return Section(_NAME, title, (Paragraph(context.no_cohort()),))
    if not index_grid.cells_of(context):
        return Section(_NAME, title, (Paragraph(words.text("sections.no_rows")),))
    blocks: list[Block] = [Paragraph(words.text("indices.intro")), Heading(words.text("indices.parts"))]
    blocks.extend(_parts_table(context, index) for index in INDICES)
    blocks.append(Heading(words.text("indices.distribution")))
    blocks.append(_distribution(context))
    blocks.append(Paragraph(words.text("indices.levels")))
    blocks.extend(_without_index(context))
    blocks.append(Heading(words.text("indices.matrix")))
    sentence = index_grid.top_sentence(context)
    if sentence:
        blocks.append(Paragraph(sentence, _CELLS))
    if any(part["column"] == index_grid.LTV for part in _parts(context, "value_index")):
        blocks.append(Paragraph(words.text("indices.by_construction")))
    chart = index_grid.chart(context.for_charts)
    blocks.append(Figure("value_risk_indices", words.text("indices.alt", title=chart.title), chart, _CELLS))
    blocks.append(index_grid.matrix(context))
    if index_grid.hidden_grid(context) or any(_missing_is_hidden(context, index) for index in INDICES):
        blocks.append(context.hidden_note())
    blocks.extend(_notes(context))
    return Section(_NAME, title, tuple(blocks))


def _parts(context: Context, index: str) -> list[Mapping[str, Any]]:
    kind = index.removesuffix("_index")
    return list((context.options(_NAME).get(kind) or {}).get("parts") or ())


def _measure(context: Context, name: str) -> dict[str, Any]:
    return context.rows.one("measures", section=_NAME, group_name="cohort", measure=name) or {}


def _number(context: Context, value: float | None) -> str:
    return NOTHING if value is None else context.words.numbers.number(value, _DIGITS)


def _parts_table(context: Context, index: str) -> Block:
    words = context.words
    constant = _constant_parts(context)
    lines = []
    for part in _parts(context, index):
        column = str(part["column"])
        scale = _scale(context, part)
        if (index, column) in constant:
            scale = words.text("indices.constant", scale=scale)
        lines.append(
            (
                words.dimension(column),
                scale,
                words.numbers.percent(part["weight"], 0 if float(round(part["weight"] * 100, 9)).is_integer() else 1),
                _mean_of_part(context, part, _measure(context, f"{index}.{column}")),
            )
        )
    return context.table(
        ("part", "scaled", "weight", "mean_of_part"), lines, texts=2, caption=words.title(index), sources=_MEASURES
    )


def _scale(context: Context, part: Mapping[str, Any]) -> str:
    """Return how a part is brought between 0 and 1."""
    words = context.words
    column, scale = str(part["column"]), str(part["scale"])
    levels = [
        words.text("indices.level", name=words.value(column, str(name)), value=_short(context, value))
        for name, value in (part.get("levels") or {}).items()
    ]
    return words.text(
        f"indices.scale.{scale}",
        levels=words.text("labels.comma").join(levels),
        measure=words.measure(str(part.get("measure") or "")),
    )


def _short(context: Context, value: float) -> str:
    """Return a number between 0 and 1 with as many digits as it needs, two at most."""
    digits = next((d for d in (0, 1) if float(round(value * 10**d, 9)).is_integer()), 2)
    return context.words.numbers.number(value, digits)


def _mean_of_part(context: Context, part: Mapping[str, Any], row: Mapping[str, Any]) -> str:
    """Return a part's mean, withheld where it would count a small group: of values, or of customers at 1 or 0."""
    n, mean = int(row.get("n") or 0), row.get("mean")
    counts = [n]
    if mean is not None and part["scale"] in ("off", "weak"):
        counts += [round(mean * n), n - round(mean * n)]
    return WITHHELD if any(is_small(count, context.minimum) for count in counts) else _number(context, mean)


def _constant_parts(context: Context) -> set[tuple[str, str]]:
    """Return index and column of the parts that are the same for every cohort customer."""
    rows = context.rows.all("quality", check_name="constant_index_part")
    params = [dict(row.get("params") or {}) for row in rows]
    return {(str(found.get("index")), str(found.get("column"))) for found in params}


def _missing_is_hidden(context: Context, index: str) -> bool:
    """Tell whether the number of customers without an index may not be printed."""
    missing = _measure(context, index).get("n_missing")
    return is_small(missing, context.minimum) or bool(missing and index_grid.WITHOUT in index_grid.hidden_grid(context))


def _distribution(context: Context) -> Block:
    words = context.words
    lines = []
    for index in INDICES:
        row = _measure(context, index)
        name = words.title(index)
        if is_small(row.get("n"), context.minimum):
            lines.append((name, context.n(row.get("n")), *[WITHHELD] * 6))
            continue
        low, high = row.get("ci_low"), row.get("ci_high")
        interval = NOTHING
        if low is not None and high is not None:
            interval = words.text("labels.interval", low=_number(context, low), high=_number(context, high))
        lines.append(
            (
                name,
                WITHHELD if _missing_is_hidden(context, index) else context.n(row.get("n")),
                _number(context, row.get("mean")),
                interval,
                *(_number(context, row.get(figure)) for figure in ("median", "trimmed_mean", "p33", "p67")),
            )
        )
    columns = ("index_name", "cohort_n", "mean", "interval_95", "median", "trimmed_mean", "p33", "p67")
    return context.table(columns, lines, sources=_MEASURES)


def _without_index(context: Context) -> list[Block]:
    """Return who has no index, and for want of what."""
    words = context.words
    texts = []
    for index in INDICES:
        missing = _measure(context, index).get("n_missing")
        if not missing:
            continue
        wanting = [
            context.words.dimension_in_sentence(str(part["column"]))
            for part in _parts(context, index)
            if _measure(context, f"{index}.{part['column']}").get("n_missing")
        ]
        texts.append(
            words.text(
                "indices.without",
                n=context.n(missing, hidden=_missing_is_hidden(context, index)),
                index=words.measure(index),
                parts=words.alternatives(wanting),
            )
        )
    texts = [*texts, words.text("indices.in_no_cell")] if texts else [words.text("indices.all_have_both")]
    return [Paragraph(words.text("labels.sentence_space").join(texts), _MEASURES)]


def _notes(context: Context) -> list[Note]:
    """Return the failed checks of this chapter; who has no index is told above, small groups hidden."""
    return [
        Note(context.words.text("labels.caution"), message(context, row))
        for row in failed(context)
        if row.get("touches_section") == _NAME and row.get("check_name") != "customers_without_index"
    ]
