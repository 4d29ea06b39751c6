"""The headline findings of an analysis without a cohort: what sets its leading segment apart.

Lifetime value leads and what to do first stands last. Between them stand, until there are five: consistency or why the
data cannot say it, differences, account age (is value young?), and what shows none; in the order of the chapters.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from jobs.reporting import gaps, trace
from jobs.reporting.context import Context
from jobs.reporting.model import Block, Bullet, Bullets, Paragraph, Section, Source
from jobs.reporting.quality_notes import notes_on_impossible_shares
from jobs.reporting.sections import consistency, recommendations, segment_measures, segment_membership, segments
from jobs.reporting.sections import segment_rows as rows_of
from jobs.reporting.verdicts import Verdict, of_correlation

_NAME = rows_of.SECTION
_LEADS = ((rows_of.HEALTH, "health"), (rows_of.WEIGHTED, "rfm"), (rows_of.CHURN, "churn"))
_RANKS = (Verdict.DIFFERENCE, Verdict.NOT_AFTER_CORRECTION, Verdict.NONE)
MOST = 5
_COMPARISONS = (Source("comparisons", _NAME),)


def build(context: Context) -> Section:
    """Return the executive summary of segments."""
    words = context.words
    sizes = rows_of.sizes(context)
    title = words.text("titles.summary")
    if not sizes:
        text = gaps.not_computed(context) or words.text("sections.no_rows")
        return Section("summary", title, (Paragraph(text, (Source("obstacles"),)),))
    opening = words.text(
        "segments.opening",
        n=words.customers(context.rows.population_size()),
        segments=words.listing([segment_membership.size_text(context, name) for name in sizes]),
    )
    key = "segments.apart" if rows_of.leading_pair(context) else "segments.no_pair"
    more = words.text(key, minimum=words.numbers.count(context.minimum))
    opening += words.text("labels.sentence_space") + more
    blocks: list[Block] = [Paragraph(opening, (Source("distributions", _NAME), Source("attrition")))]
    # what every figure of a segment rests on is told before the first of them
    blocks.extend(notes_on_impossible_shares(context))
    kept = trace.chosen(findings(context), chosen)
    items = tuple(Bullet(words.text(f"summary.lead.{one.name}"), one.text, one.sources) for one in kept)
    if items:
        blocks.append(Bullets(items, numbered=True))
    return Section("summary", title, tuple(blocks))


@dataclass(frozen=True, slots=True)
class Finding:
    """One candidate for the summary; `rank` 0 stands in any case, lower before higher."""

    name: str
    rank: int
    text: str
    sources: tuple[Source, ...]


def chosen(candidates: list[Finding]) -> list[Finding]:
    """Return at most `MOST` findings in their order."""
    told = [finding for finding in candidates if finding.text]
    kept = sorted(told, key=lambda finding: finding.rank)[:MOST]
    return [finding for finding in told if finding in kept]


def findings(context: Context) -> Iterator[Finding]:
    """Yield every candidate, in order."""
    leading = rows_of.leading_pair(context)
    if leading is not None:
        held = (*_COMPARISONS, Source("measures", _NAME), Source("distributions", _NAME))
        yield Finding("ltv", 0, _value(context, leading), held)
        for measure, lead in _LEADS:
            row = rows_of.comparison(context, _NAME, leading, measure)
            if row is not None:
                text = segment_measures.sentence(context, _NAME, row)
                yield Finding(lead, _rank(context, row), text, _COMPARISONS)
        if (row := rows_of.comparison(context, _NAME, leading, rows_of.AGE)) is not None:
            sources = (*_COMPARISONS, Source("correlations", _NAME))
            yield Finding("age", 1, _age(context, leading), sources)
        if context.wants("consistency"):
            yield Finding("consistency", 0, consistency.answer(context) or "", consistency.sources(context))
        elif row := rows_of.comparison(context, _NAME, leading, rows_of.CONSISTENCY):
            text = segment_measures.sentence(context, _NAME, row)
            yield Finding("consistency", 0, text, _COMPARISONS)
    yield Finding("missing", 0, _missing(context), (Source("obstacles", _NAME),))
    yield Finding("first", 0, recommendations.first_sentence(context, names_all=True) or "", (Source("strategies"),))


def _rank(context: Context, row: dict[str, Any]) -> int:
    verdict = rows_of.verdict(context, _NAME, row)
    return _RANKS.index(verdict) + 1 if verdict in _RANKS else len(_RANKS) + 1


def _missing(context: Context) -> str:
    """Return what the analysis asks for and the data cannot say."""
    names = segments.lacking(context)
    if not names:
        return ""
    words = context.words
    rows = [row for row in gaps.in_order(context) if row.get("section") == _NAME]
    causes = gaps.causes(context, rows)
    measures = words.listing([words.measure(name) for name in names])
    return words.text("segments.missing", causes=causes[:1].upper() + causes[1:], measures=measures)


def _value(context: Context, leading: rows_of.Group) -> str:
    row = rows_of.comparison(context, _NAME, leading, rows_of.LTV)
    texts = [] if row is None else [segment_measures.sentence(context, _NAME, row)]
    if others := _by_segment(context, leading):
        texts.append(others)
    if held := segment_membership.held_sentence(context, leading[0]):
        texts.append(held)
    return context.words.text("labels.sentence_space").join(texts)


def _by_segment(context: Context, leading: rows_of.Group) -> str | None:
    """Return the mean value of each segment among 'all others', which may hide one that equals the leading segment."""
    words = context.words
    if leading[1] in rows_of.names(context):
        return None
    rows = {name: rows_of.measure_row(context, _NAME, name, rows_of.LTV) for name in rows_of.filled(context)}
    items = [
        words.text(
            "segments.mean_with_interval",
            segment=words.segment(name),
            mean=context.figure(rows_of.LTV, row.get("mean")),
            interval=context.interval(rows_of.LTV, row.get("ci_low"), row.get("ci_high")),
            n=context.n(row.get("n")),
        )
        for name, row in rows.items()
        if name != leading[0] and row is not None and row.get("ci_low") is not None
    ]
    if len(items) < 2:
        return None
    return words.text("segments.by_segment", items=words.text("labels.semicolon").join(items))


def _age(context: Context, leading: rows_of.Group) -> str:
    """Return the difference in account age, whether it makes the paradox of value, and the correlation."""
    words = context.words
    row = rows_of.comparison(context, _NAME, leading, rows_of.AGE)
    if row is None:
        return ""
    texts = [segment_measures.sentence(context, _NAME, row)]
    verdict = rows_of.verdict(context, _NAME, row)
    value = rows_of.comparison(context, _NAME, leading, rows_of.LTV)
    is_worth_more = value is not None and (value.get("difference") or 0) > 0
    if is_worth_more and verdict is Verdict.DIFFERENCE:
        texts.append(words.text(f"segments.paradox.{'younger' if row['difference'] < 0 else 'older'}"))
    elif is_worth_more and verdict in (Verdict.NONE, Verdict.NOT_AFTER_CORRECTION):
        texts.append(words.text("segments.paradox.none"))
    related = context.rows.one(
        "correlations", section=_NAME, group_name=rows_of.POPULATION, x=rows_of.AGE, y=rows_of.LTV
    )
    if related is not None:
        texts.append(context.correlation(related, group=words.text("labels.in_population")))
    within = context.rows.one("correlations", section=_NAME, group_name=leading[0], x=rows_of.AGE, y=rows_of.LTV)
    is_shown = leading[0] not in rows_of.hidden_segments(context)
    if within is not None and is_shown and of_correlation(within, context.minimum) is Verdict.DIFFERENCE:
        texts.append(context.correlation(within, group=rows_of.in_group(context, leading[0])))
    return words.text("labels.sentence_space").join(texts)
