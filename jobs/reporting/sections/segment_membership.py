"""Who is in which segment: the rules, how many customers each holds, and how much of the value."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jobs.reporting import predicates
from jobs.reporting.context import NOTHING, Context
from jobs.reporting.model import Block, Bullet, Bullets, Paragraph, Section, Source
from jobs.reporting.quality_notes import notes_on_segment_rules
from jobs.reporting.sections import segment_rows as rows_of

_NAME = "segment_membership"
_SOURCES = (Source("distributions", rows_of.SECTION),)


def build(context: Context) -> Section:
    """Return the chapter on membership of the segments."""
    words = context.words
    title = words.text("titles.segment_membership")
    sizes = rows_of.sizes(context)
    if not sizes:
        return Section(_NAME, title, (Paragraph(words.text("sections.no_rows")),))
    remainder = rows_of.names(context)[-1]
    blocks: list[Block] = [
        Paragraph(
            words.text(
                "segments.membership",
                n=context.n(context.rows.population_size()),
                remainder=words.segment(remainder),
            ),
            (Source("attrition"),),
        ),
        Paragraph(words.text("segments.grain")),
        context.table(
            ("segment", "rule", "customers", "share_of_population", "interval_95", "with_ltv", "ltv_share"),
            [_line(context, name) for name in sizes],
            texts=2,
            sources=_SOURCES,
        ),
    ]
    if set(sizes) & rows_of.hidden_segments(context):
        blocks.append(context.hidden_note())
    blocks.extend(notes_on_segment_rules(context))
    sentences = [text for name in sizes if (text := held_sentence(context, name)) is not None]
    sentences += [words.text("segments.nobody", segment=rows_of.head(context, s)) for s, n in sizes.items() if n == 0]
    blocks.append(Bullets(tuple(Bullet("", text, _SOURCES) for text in sentences)))
    return Section(_NAME, title, tuple(blocks))


def held_sentence(context: Context, segment: str) -> str | None:
    """Return what share of customers holds what share of lifetime value; None where either is hidden."""
    row, held = _size_row(context, segment), rows_of.ltv_share(context, segment)
    if row is None or held is None or row.get("share") is None or not row.get("n"):
        return None
    percent = context.words.numbers.percent
    return context.words.text(
        "segments.held",
        segment=rows_of.head(context, segment),
        n=context.words.customers(row["n"]),
        share=percent(row["share"]),
        ltv_share=percent(held["share"]),
    )


def size_text(context: Context, segment: str) -> str:
    """Return 'Basic Tier 336 (56.0%)'; only the mark of a hidden group where it is hidden."""
    row = _size_row(context, segment) or {}
    n = context.n(rows_of.sizes(context).get(segment), hidden=segment in rows_of.hidden_segments(context))
    if row.get("share") is None:
        return context.words.text("segments.size_only", segment=context.words.segment(segment), n=n)
    share = context.words.numbers.percent(row["share"])
    return context.words.text("segments.size", segment=context.words.segment(segment), n=n, share=share)


def _size_row(context: Context, segment: str) -> dict[str, Any] | None:
    if segment in rows_of.hidden_segments(context):
        return None
    return context.rows.one(
        "distributions",
        section=rows_of.SECTION,
        group_name=rows_of.POPULATION,
        dimension="segment",
        value=segment,
    )


def _line(context: Context, segment: str) -> tuple[str, ...]:
    row, held = _size_row(context, segment), rows_of.ltv_share(context, segment)
    percent = context.words.numbers.percent
    n = context.n(rows_of.sizes(context)[segment], hidden=row is None)
    shown = row is not None and row.get("share") is not None
    return (
        rows_of.head(context, segment),
        _rule(context, segment),
        n,
        percent((row or {})["share"]) if shown else NOTHING,
        context.share_interval((row or {}).get("share_low"), (row or {}).get("share_high")),
        NOTHING if held is None else context.n(held.get("n")),
        NOTHING if held is None else percent(held["share"]),
    )


def _rule(context: Context, segment: str) -> str:
    rules: list[Mapping[str, Any]] = list((context.definition.get("segments") or {}).get("rules") or ())
    found = next((rule for rule in rules if rule["name"] == segment), None)
    text = context.words.text("predicate.otherwise") if found is None else predicates.all_in_words(context, found)
    return text[:1].upper() + text[1:]
