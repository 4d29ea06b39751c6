"""Measures per segment: means beside each other, their spread, and which of them differ."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from jobs.reporting.context import NOTHING, Context
from jobs.reporting.model import Block, Bullet, Bullets, Heading, Paragraph, Source, Table
from jobs.reporting.sections import segment_rows as rows_of
from jobs.reporting.verdicts import Verdict

_AT_ONCE = 5  # groups side by side in one table
_SIGNED = ("monetary_imbalance",)  # values above and below zero: no ratio of their means
_LISTED = (Verdict.NONE, Verdict.TOO_SMALL, Verdict.NOT_TESTED)


def means_tables(context: Context, section: str) -> list[Block]:
    """Return mean, interval and n of every measure, segments side by side, all customers last."""
    measures = rows_of.measures(context, section)
    groups = rows_of.drawn(context)
    words = context.words
    blocks: list[Block] = []
    for start in range(0, len(groups), _AT_ONCE):
        chunk = groups[start : start + _AT_ONCE]
        headers = [words.text("columns.measure")]
        for group in chunk:
            headers += [words.text("segments.mean_of", segment=rows_of.head(context, group)), words.text("columns.n")]
        table = [(_name(context, section, measure), *_means(context, section, measure, chunk)) for measure in measures]
        blocks.append(
            Table(
                headers=tuple(headers),
                rows=tuple(table),
                numeric=frozenset(range(1, len(headers))),
                sources=(Source("measures", section),),
            )
        )
    if any(group in rows_of.hidden_for(context, section, m) for m in measures for group in groups):
        blocks.append(context.hidden_note())
    return blocks


def spread_table(context: Context, section: str, measures: Sequence[str]) -> Block:
    """Return mean, median, trimmed mean and percentiles of some measures, one line per segment."""
    lines = []
    for measure in measures:
        for group in rows_of.drawn(context):
            row = rows_of.measure_row(context, section, group, measure)
            if row is None or row.get("median") is None:
                continue
            lines.append(
                (
                    context.words.title(measure),
                    rows_of.head(context, group),
                    context.n(row.get("n")),
                    *(context.figure(measure, row.get(name)) for name in ("mean", "median", "trimmed_mean")),
                    context.interval(measure, row.get("p25"), row.get("p75")),
                    context.interval(measure, row.get("p10"), row.get("p90")),
                )
            )
    return context.table(
        ("measure", "segment", "n", "mean", "median", "trimmed_mean", "middle_half", "middle_eighty"),
        lines,
        texts=2,
        sources=(Source("measures", section),),
    )


def comparisons(context: Context, section: str) -> list[Block]:
    """Return, per compared pair, what may be said and the table of differences."""
    blocks: list[Block] = []
    for pair in rows_of.pairs(context):
        found = [rows_of.comparison(context, section, pair, m) for m in rows_of.measures(context, section)]
        rows = [row for row in found if row is not None]
        if not rows:
            continue
        a, b = pair
        words = context.words
        blocks.append(Heading(words.text("segments.against", a=rows_of.head(context, a), b=context.words.segment(b))))
        if set(pair) & rows_of.hidden_segments(context):
            blocks.append(Paragraph(_not_compared(context, pair), (Source("comparisons", section),)))
            continue
        blocks.extend(_sentences(context, section, rows))
        blocks.append(_differences(context, section, rows))
    return blocks


def sentence(context: Context, section: str, row: dict[str, Any]) -> str:
    """Return the one sentence that the rule allows about a measure of two segments."""
    if rows_of.verdict(context, section, row) is Verdict.BY_DEFINITION:
        return _described(context, section, row)
    if rows_of.verdict(context, section, row) is Verdict.TOO_SMALL:
        row = row | {"n_a": 0}
    return context.comparison(
        row, group=rows_of.head(context, row["group_a"]), baseline=context.words.segment(str(row["group_b"]))
    )


def _described(context: Context, section: str, row: dict[str, Any]) -> str:
    """Return both means with their intervals, as a description: the segments are made by this measure."""
    words, measure = context.words, str(row["measure"])
    parts = both_means(context, section, row)
    ratio = row.get("ratio")
    tells_ratio = context.unit(measure) == "currency" and _has_ratio(row)
    key = "segments.described.ratio" if tells_ratio else "segments.described.plain"
    return words.text(
        key,
        measure=words.measure(measure),
        ratio=words.numbers.number(ratio, 2) if ratio is not None else NOTHING,
        **parts,
    )


def both_means(context: Context, section: str, row: dict[str, Any]) -> dict[str, str]:
    """Return both groups of a comparison by name, each with its mean, its own interval and n."""
    measure = str(row["measure"])
    parts = {"group": rows_of.head(context, row["group_a"]), "baseline": context.words.segment(str(row["group_b"]))}
    for side in ("a", "b"):
        found = rows_of.measure_row(context, section, str(row[f"group_{side}"]), measure) or {}
        parts[f"mean_{side}"] = context.figure(measure, row.get(f"mean_{side}"))
        parts[f"interval_{side}"] = context.interval(measure, found.get("ci_low"), found.get("ci_high"))
        parts[f"n_{side}"] = context.n(row.get(f"n_{side}"))
    return parts


def _not_compared(context: Context, pair: rows_of.Group) -> str:
    """Return why two segments are not compared: one is small, or is hidden so that another does not show."""
    sizes = rows_of.sizes(context)
    sizes |= {f"not_{name}": context.rows.population_size() - n for name, n in sizes.items()}
    is_small = any(sizes.get(group, 0) < context.minimum for group in pair)
    key = "pair_too_small" if is_small else "pair_withheld"
    return context.words.text(f"segments.{key}", minimum=context.words.numbers.count(context.minimum))


def _has_ratio(row: dict[str, Any]) -> bool:
    """Tell whether 'times as much' means anything: no value is below zero, and both means are above it."""
    if row["measure"] in _SIGNED:
        return False
    return row.get("ratio") is not None and (row.get("mean_a") or 0) > 0 and (row.get("mean_b") or 0) > 0


def _name(context: Context, section: str, measure: str) -> str:
    name = context.words.title(measure)
    marked = rows_of.is_by_definition(context, section, measure)
    return context.words.text("profile.by_definition_mark", measure=name) if marked else name


def _means(context: Context, section: str, measure: str, groups: Sequence[str]) -> list[str]:
    cells = []
    hidden = rows_of.hidden_for(context, section, measure)
    for group in groups:
        row = context.rows.one("measures", section=section, group_name=group, measure=measure)
        if row is None:
            cells += [NOTHING, NOTHING]
            continue
        n = context.n(row.get("n"), hidden=group in hidden)
        if group in hidden or row.get("mean") is None:
            cells += [NOTHING, n]
            continue
        interval = context.interval(measure, row.get("ci_low"), row.get("ci_high"))
        text = context.figure(measure, row["mean"])
        cells += [text if interval == NOTHING else text + context.words.text("charts.in_brackets", text=interval), n]
    return cells


def _sentences(context: Context, section: str, rows: Sequence[dict[str, Any]]) -> list[Block]:
    words = context.words
    source = (Source("comparisons", section),)
    told: list[Bullet] = []
    described: list[str] = []
    listed: dict[Verdict, list[str]] = {verdict: [] for verdict in _LISTED}
    for row in rows:
        verdict = rows_of.verdict(context, section, row)
        if verdict is Verdict.BY_DEFINITION:
            described.append(words.measure(str(row["measure"])))
        elif verdict in listed:
            listed[verdict].append(words.measure(str(row["measure"])))
        else:
            told.append(Bullet("", sentence(context, section, row), source))
    baseline = words.segment(str(rows[0]["group_b"]))
    if described:
        told.append(Bullet("", words.text("segments.by_definition", measures=words.listing(described)), source))
    for verdict, names in listed.items():
        if names:
            text = words.text(
                f"segments.{verdict}",
                measures=words.listing(names),
                baseline=baseline,
                minimum=words.numbers.count(context.minimum),
            )
            told.append(Bullet("", text, source))
    return [Bullets(tuple(told))] if told else [Paragraph(words.text("sections.no_rows"))]


def _differences(context: Context, section: str, rows: Sequence[dict[str, Any]]) -> Block:
    return context.table(
        ("measure", "difference", "interval_uncorrected", "ratio", "hedges_g", "p_corrected", "reading"),
        [_difference(context, section, row) for row in rows],
        sources=(Source("comparisons", section),),
    )


def _difference(context: Context, section: str, row: dict[str, Any]) -> tuple[str, ...]:
    measure = str(row["measure"])
    name = _name(context, section, measure)
    verdict = rows_of.verdict(context, section, row)
    if verdict is Verdict.TOO_SMALL:
        return (name, *[NOTHING] * 5, context.reading(verdict))
    numbers = context.words.numbers
    effect, ratio = row.get("effect_size"), row.get("ratio")
    return (
        name,
        context.change(measure, row.get("difference")),
        context.change_interval(measure, row),
        NOTHING if ratio is None or not _has_ratio(row) else numbers.number(ratio, 2),
        NOTHING if effect is None else numbers.number(effect, 2),
        context.p(row.get("p_adjusted")),
        context.reading(verdict),
    )
