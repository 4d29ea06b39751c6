"""Consistency and value: which measure could be used, what it shows per segment, how it goes with velocity."""

from __future__ import annotations

from typing import Any

from jobs.reporting import gaps
from jobs.reporting.context import Context
from jobs.reporting.model import Block, Bullet, Bullets, Figure, Heading, Paragraph, Section, Source
from jobs.reporting.quality_notes import notes_for
from jobs.reporting.sections import segment_charts, segment_measures, segment_mixes
from jobs.reporting.sections import segment_rows as rows_of
from jobs.reporting.sections.segments import relation_bullets
from jobs.reporting.verdicts import Verdict

_NAME = "consistency"
OWN = ("cross_stage_engagement_consistency", "revenue_velocity_monthly")
PROXIES = ("rfm_consistency", "ltv_velocity_monthly")
_MEASURES = (Source("measures", _NAME),)
_OBSTACLES = (Source("obstacles", _NAME),)


def build(context: Context) -> Section:
    """Return the chapter on consistency."""
    words = context.words
    title = words.text("titles.consistency")
    measures = rows_of.measures(context, _NAME)
    if not measures:
        return Section(_NAME, title, (Paragraph(words.text("sections.no_rows")),))
    blocks: list[Block] = [*_used(context), *_meanings(context, measures)]
    consistency, velocity = in_use(context, 0), in_use(context, 1)
    if consistency and velocity:
        chart = segment_charts.pair(
            context.for_charts,
            _NAME,
            (consistency, velocity),
            title=_chart_title(context.for_charts, consistency, velocity),
        )
        if chart is not None:
            alt = words.text("consistency.alt", title=chart.title)
            blocks.append(Figure("consistency_comparison", alt, chart, _MEASURES))
    blocks.extend(segment_measures.means_tables(context, _NAME))
    blocks.extend(segment_measures.comparisons(context, _NAME))
    if text := cannot_tell(context):
        blocks.append(Paragraph(text))
    for x, y in sorted({(str(r["x"]), str(r["y"])) for r in context.rows.all("correlations", section=_NAME)}):
        heading = words.text("segments.relation", x=words.title(x), y=words.measure(y))
        blocks += [Heading(heading), Bullets(tuple(relation_bullets(context, _NAME, x, y)))]
        if (x, y) == PROXIES and all(rows_of.is_by_definition(context, _NAME, name) for name in PROXIES):
            blocks.append(Paragraph(words.text("consistency.stand_ins")))
    for dimension in segment_mixes.dimensions(context, _NAME):
        blocks.append(Heading(words.dimension(dimension)))
        blocks.extend(segment_mixes.mix(context, _NAME, dimension))
    blocks.extend(notes_for(context, _NAME, measures=measures))
    if text := action(context):
        blocks.append(context.action(text))
    return Section(_NAME, title, tuple(blocks))


def _chart_title(context: Context, consistency: str, velocity: str) -> str:
    words = context.words
    parts = {"x": words.title(consistency), "y": words.measure(velocity)}
    if all(rows_of.is_by_definition(context, _NAME, name) for name in (consistency, velocity)):
        return _described_title(context, (consistency, velocity)) or words.text(
            "consistency.chart_title_described", **parts
        )
    found = segment_charts.readings(context, _NAME, (consistency, velocity))
    return found or words.text("consistency.chart_title", **parts)


def _described_title(context: Context, measures: tuple[str, str]) -> str | None:
    """Return both means of both measures; None where one of them is not printed."""
    leading = rows_of.leading_pair(context)
    parts: dict[str, str] = {}
    for side, measure in zip(("x", "y"), measures, strict=True):
        row = rows_of.comparison(context, _NAME, leading, measure) if leading else None
        if row is None or rows_of.verdict(context, _NAME, row) is Verdict.TOO_SMALL:
            return None
        both = segment_measures.both_means(context, _NAME, row)
        parts |= {side: context.words.measure(measure), f"{side}_a": both["mean_a"], f"{side}_b": both["mean_b"]}
        parts |= {"group": both["group"], "baseline": both["baseline"]}
    return context.words.text("consistency.chart_title_means", **parts)


def in_use(context: Context, which: int) -> str | None:
    """Return the measure of consistency (0) or of velocity (1) that has rows: the funnel's own, else the proxy."""
    present = rows_of.measures(context, _NAME)
    return next((name for name in (OWN[which], PROXIES[which]) if name in present), None)


def answer(context: Context) -> str | None:
    """Return what may be said of the leading pair's consistency; None where there is nothing to say."""
    leading, measure = rows_of.leading_pair(context), in_use(context, 0)
    if leading is None or measure is None:
        return None
    row = rows_of.comparison(context, _NAME, leading, measure)
    if row is None:
        return None
    lacking = _no_answer(context)
    if lacking is None:
        return segment_measures.sentence(context, _NAME, row)
    return context.words.text("consistency.answer", **segment_measures.both_means(context, _NAME, row), **lacking)


def sources(context: Context) -> tuple[Source, ...]:
    """Return where the answer comes from: what is missing and the means of the stand-in, where one is described."""
    compared = Source("comparisons", _NAME)
    return (compared, *_MEASURES, *_OBSTACLES) if _no_answer(context) else (compared,)


def cannot_tell(context: Context) -> str | None:
    """Return why a proxy cannot answer the question: the definition ties it to the rules of the segments."""
    lacking = _no_answer(context)
    return context.words.text("consistency.cannot_tell", **lacking) if lacking else None


def _no_answer(context: Context) -> dict[str, str] | None:
    """Return what is missing, what stands in and what would answer the question; None where it can be answered."""
    leading, measure = rows_of.leading_pair(context), in_use(context, 0)
    if leading is None or measure is None or measure in OWN:
        return None
    row = rows_of.comparison(context, _NAME, leading, measure)
    lacking = next((one for one in _replaced(context) if one.get("column_name") == OWN[0]), None)
    if row is None or lacking is None or rows_of.verdict(context, _NAME, row) is not Verdict.BY_DEFINITION:
        return None
    words = context.words
    is_table = str(lacking.get("reason")).endswith("_table")
    return {
        "causes": gaps.causes(context, [lacking]),
        "proxy": words.measure(measure),
        "remedy": words.text(
            f"consistency.remedy.{'table' if is_table else 'column'}",
            table=gaps.table(context, lacking),
            wanted=words.measure(OWN[0]),
        ),
    }


def action(context: Context) -> str | None:
    """Return what follows for whoever owns the question."""
    if _replaced(context):
        return context.words.text("actions.consistency.replaced")
    leading, measure = rows_of.leading_pair(context), in_use(context, 0)
    row = rows_of.comparison(context, _NAME, leading, measure) if leading and measure else None
    if row is None or leading is None:
        return None
    verdict = rows_of.verdict(context, _NAME, row)
    if verdict not in (Verdict.DIFFERENCE, Verdict.NONE, Verdict.NOT_AFTER_CORRECTION):
        return None
    side = "none"
    if verdict is Verdict.DIFFERENCE:
        side = "higher" if row["difference"] > 0 else "lower"
    words = context.words
    return words.text(f"actions.consistency.{side}", a=words.segment(leading[0]), b=words.segment(leading[1]))


def _replaced(context: Context) -> list[dict[str, Any]]:
    rows = [row for row in context.rows.all("obstacles", section=_NAME) if row.get("effect") == "replaced"]
    return sorted(rows, key=lambda row: str(row.get("column_name")))


def _used(context: Context) -> list[Block]:
    words = context.words
    present = rows_of.measures(context, _NAME)
    own = [words.measure(name) for name in OWN if name in present]
    blocks: list[Block] = []
    if own:
        blocks.append(Paragraph(words.text("consistency.own", measures=words.listing(own)), _MEASURES))
    bullets = [
        Bullet(
            "",
            words.text(
                "consistency.replaced",
                wanted=words.title(str(row["column_name"])),
                table=str(row.get("table_name") or ""),
                reason=words.value("obstacle_reason", str(row.get("reason") or "")),
                proxy=words.measure(str(row.get("replaced_by") or "")),
            ),
            _OBSTACLES,
        )
        for row in _replaced(context)
    ]
    return [*blocks, Bullets(tuple(bullets))] if bullets else blocks


def _above_one(context: Context, measure: str) -> str | None:
    """Return how far impossible ratios raise the mean; None where fewer than a tenth lie above 1."""
    row = rows_of.measure_row(context, _NAME, rows_of.POPULATION, measure) or {}
    if measure != "inactivity_ratio" or (row.get("p90") or 0) <= 1:
        return None
    parts = {name: context.figure(measure, row.get(name)) for name in ("p90", "mean", "median")}
    return context.words.text("consistency.meaning.above_one", **parts)


def _meanings(context: Context, measures: list[str]) -> list[Block]:
    """Return how the derived measures are computed, those in use only."""
    words = context.words
    index = context.options(_NAME).get("health_index") or {}
    numbers = words.numbers
    parts = {name: numbers.percent(float(index[name]), 0) for name in ("health", "retention", "ltv") if name in index}
    if "ltv_cap" in index:
        parts["cap"] = numbers.money(float(index["ltv_cap"]))
    bullets = []
    for measure in measures:
        key = f"consistency.meaning.{measure}"
        if words.has(key) and (measure != "health_index" or len(parts) == 4):
            lead = words.text("labels.lead", text=words.title(measure))
            texts = [words.text(key, **parts), _above_one(context, measure)]
            bullets.append(Bullet(lead, words.text("labels.sentence_space").join(filter(None, texts)), _MEASURES))
    return [Bullets(tuple(bullets))] if bullets else []
