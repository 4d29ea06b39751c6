"""The findings that matter most, chosen by a score over result rows.

Score = what may be said (a difference 2, one that does not stand after correction 1, none 0.5) + the
size of the effect between 0 and 1: |relative difference| of LTV, |Hedges' g|, Cramer's V, the share of
customers a framework leaves out, log10(fan-out) / 3 of the naive join; 0 where the test has no effect size. A naive
join that does not even double the customers is a detail of method: 0 in place of 1.
Lifetime value leads, since every analysis asks for it; who is under alert comes next, since who is at risk is
the second question. Of the rest the best stand until there are five; where most is at stake stands last. Ties go
to the order of the chapters.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from jobs.reporting import gaps, trace
from jobs.reporting.context import Context
from jobs.reporting.model import Block, Bullet, Bullets, Paragraph, Section, Source
from jobs.reporting.sections import (
    alerts,
    geography,
    methods,
    mixes,
    platforms,
    profile,
    recommendations,
    risk_grid,
    risk_levels,
    risk_velocity,
    segment_measures,
    segment_rows,
    segment_summary,
    tier_ltv,
    tier_rows,
    value_risk,
)
from jobs.reporting.sections.cohort import share_of
from jobs.reporting.verdicts import Verdict, of_comparison

_BASE = {Verdict.DIFFERENCE: 2.0, Verdict.NOT_AFTER_CORRECTION: 1.0, Verdict.NONE: 0.5}
_FIRST, _SECOND, _LAST = 9.0, 8.0, -1.0


@dataclass(frozen=True, slots=True)
class Finding:
    """One candidate for the summary."""

    name: str
    score: float
    text: str
    sources: tuple[Source, ...]


def build(context: Context) -> Section:
    """Return the executive summary."""
    if not context.is_about_cohort:
        return segment_summary.build(context)
    words = context.words
    if (sentence := gaps.not_computed(context)) is not None:
        return Section("summary", words.text("titles.summary"), (Paragraph(sentence, (Source("obstacles"),)),))
    size, population = context.rows.cohort_size(), context.rows.population_size()
    opening = words.text(
        "summary.opening",
        n=context.n(size),
        population=words.numbers.count(population),
        share=share_of(context, size, population),
    )
    if not context.has_cohort():
        blocks: list[Block] = [Paragraph(opening, (Source("attrition"),)), Paragraph(context.no_cohort())]
    else:
        has_first = any(not recommendations.is_hidden(context, row) for row in recommendations.ranked(context))
        announced = words.text("summary.findings_and_first" if has_first else "summary.findings")
        opening = _joined(context, opening, announced)
        blocks = [Paragraph(opening, (Source("attrition"),))]
        kept = trace.chosen(findings(context), chosen)
        items = tuple(Bullet(words.text(f"summary.lead.{f.name}"), f.text, f.sources) for f in kept)
        if items:
            blocks.append(Bullets(items, numbered=True))
    return Section("summary", words.text("titles.summary"), tuple(blocks))


def chosen(candidates: list[Finding]) -> list[Finding]:
    """Return the findings to print: the best by score; what to do first stands last."""
    ranked = sorted(candidates, key=lambda finding: -finding.score)
    doing = [f for f in ranked if f.score == _LAST]
    return [f for f in ranked if f.score != _LAST][: segment_summary.MOST - len(doing)] + doing


def findings(context: Context) -> Iterator[Finding]:
    """Return every candidate that the rows give."""
    yield from _lifetime_value(context)
    yield from _profile(context)
    if context.wants("channels") and mixes.CHANNEL in mixes.dimensions(context):
        yield from _channels(context)
    if context.wants("platforms"):
        yield from _platforms(context)
    if context.wants("risk_velocity"):
        yield from _risk(context)
    if context.wants("value_risk") and (row := value_risk.without_level(context)) and row["n"]:
        text = value_risk.as_written_sentence(context) or ""
        sources = (Source("distributions", value_risk.AS_WRITTEN), Source("distributions", "value_risk"))
        yield Finding("value_risk", 1 + row["share"], text, sources)
    if (row := methods.naive(context)) is not None and (row.get("fan_out") or 0) > 1:
        score = (row["fan_out"] >= 2) + min(math.log10(row["fan_out"]) / 3, 1.0)
        yield Finding("methods", score, methods.naive_sentence(context) or "", (Source("method_sensitivity"),))
    if context.wants("geography") and (match := geography.any_match(context)) and match.get("match_rate") == 0:
        text = context.words.text("geography.nobody_matched", cohort=context.n(match["left_rows"]))
        yield Finding("geography", 0.5, text, (Source("match_rates"),))
    if context.wants("alerts") and alerts.cells_of(context) and not alerts.all_hidden(context):
        text = alerts.levels_sentence(context, by_rules=True)
        yield Finding("alerts", _SECOND, text, (Source("distributions", "alerts"),))
    yield from _segments(context)
    first = recommendations.first_sentence(context)
    if first:
        yield Finding("first", _LAST, first, (Source("strategies"),))


def _lifetime_value(context: Context) -> Iterator[Finding]:
    """Yield what the cohort is worth: tested within the tiers, or described where it defines the cohort."""
    if context.wants("tier_ltv") and tier_rows.overall(context):
        yield Finding("tier_ltv", _FIRST, tier_ltv.overall_sentence(context), (Source("comparisons", "tier_ltv"),))
    elif context.wants("cohort_profile") and (row := profile.described(context, tier_rows.LTV)):
        own = context.rows.one("measures", section="cohort_profile", group_name="cohort", measure=tier_rows.LTV) or {}
        text = context.words.text(
            "summary.ltv_by_definition",
            a=context.figure(tier_rows.LTV, row["mean_a"]),
            interval=context.interval(tier_rows.LTV, own.get("ci_low"), own.get("ci_high")),
            n=context.n(row["n_a"]),
            b=context.figure(tier_rows.LTV, row["mean_b"]),
            n_b=context.n(row["n_b"]),
            baseline=context.words.text("labels.peers"),
        )
        sources = (Source("comparisons", "cohort_profile"), Source("measures", "cohort_profile"))
        yield Finding("tier_ltv", _FIRST, text, sources)


def _profile(context: Context) -> Iterator[Finding]:
    rows = profile.differing(context)
    if rows:
        words = context.words
        text = context.comparison(rows[0], group=words.text("labels.the_cohort"), baseline=words.text("labels.peers"))
        score = _BASE[Verdict.DIFFERENCE] + min(abs(rows[0].get("effect_size") or 0.0), 1.0)
        yield Finding("profile", score, text, (Source("comparisons", "cohort_profile"),))
        return
    compared = {
        row["measure"]: row for row in context.rows.all("comparisons", section="cohort_profile", group_a="cohort")
    }
    tested = [
        compared[measure]
        for measure in profile.measures_in_order(context)
        if measure in compared
        and of_comparison(compared[measure], context.minimum) in (Verdict.NONE, Verdict.NOT_AFTER_CORRECTION)
    ]
    without = [row for row in tested if of_comparison(row, context.minimum) is Verdict.NONE]
    if without:
        text = context.words.text(
            "summary.no_profile_difference",
            measures=_measures(context, without),
            n=context.n(min(row["n_a"] for row in without)),
        )
        if doubtful := [row for row in tested if row not in without]:
            more = context.words.text("summary.not_after_correction", measures=_measures(context, doubtful))
            text = _joined(context, text, more)
        yield Finding("profile", _BASE[Verdict.NONE], text, (Source("comparisons", "cohort_profile"),))


def _measures(context: Context, rows: list[dict[str, Any]]) -> str:
    return context.words.listing([context.words.measure(row["measure"]) for row in rows])


def _segments(context: Context) -> Iterator[Finding]:
    """Yield the largest tested difference between the segments that lead the comparison."""
    section, pair = segment_rows.SECTION, segment_rows.leading_pair(context)
    if pair is None:
        return
    found = [segment_rows.comparison(context, section, pair, m) for m in segment_rows.measures(context, section)]
    rows = [r for r in found if r and segment_rows.verdict(context, section, r) is Verdict.DIFFERENCE]
    row = max(rows, key=lambda r: (abs(r.get("effect_size") or 0.0), r["measure"]), default=None)
    if row is not None:
        score = _BASE[Verdict.DIFFERENCE] + min(abs(row.get("effect_size") or 0.0), 1.0)
        text = segment_measures.sentence(context, section, row)
        yield Finding("segments", score, text, (Source("comparisons", section),))


def _channels(context: Context) -> Iterator[Finding]:
    verdict, row = mixes.verdict_of(context, mixes.CHANNEL)
    if verdict not in _BASE:
        return
    text = mixes.test_sentence(context, mixes.CHANNEL)
    value = mixes.furthest(context, mixes.CHANNEL)
    if verdict is Verdict.DIFFERENCE and value is not None:
        text = _joined(context, text, mixes.value_sentence(context, value))
    score = _BASE[verdict] + min(row.get("cramers_v") or 0.0, 1.0)
    yield Finding("channels", score, text, (Source("associations", "channels"), Source("distributions", "channels")))


def _platforms(context: Context) -> Iterator[Finding]:
    verdict, _ = platforms.anova(context, "cohort")
    if verdict not in _BASE:
        return
    text = _joined(context, platforms.anova_sentence(context, "cohort"), platforms.extremes_sentence(context))
    yield Finding(
        "platforms", _BASE[verdict], text, (Source("associations", "platforms"), Source("crosstabs", "platforms"))
    )


def _risk(context: Context) -> Iterator[Finding]:
    verdict, _ = risk_grid.test_of(context, "cohort", risk_grid.RISK)
    if verdict in _BASE:
        tested = risk_velocity.test_sentence(context, "cohort", risk_grid.RISK)
        velocity, _ = risk_grid.test_of(context, "cohort", risk_grid.VELOCITY)
        without = velocity in (Verdict.NONE, Verdict.NOT_AFTER_CORRECTION)
        told = risk_velocity.test_sentence(context, "cohort", risk_grid.VELOCITY) if without else None
        text = _joined(context, tested, risk_levels.sentence(context, risk_grid.RISK), told)
        yield Finding(
            "risk_velocity",
            _BASE[verdict],
            text,
            (Source("associations", "risk_velocity"), Source("crosstabs", "risk_velocity")),
        )
    row = risk_grid.segment_row(context, risk_grid.UNCOVERED)
    if not risk_grid.has_framework(context) or not row or not row.get("share"):
        return
    if risk_grid.UNCOVERED in risk_grid.hidden_segments(context):
        return
    text = context.words.text(
        "summary.uncovered", n=context.n(row["n"]), share=context.words.numbers.percent(row["share"])
    )
    yield Finding("framework", 1 + row["share"], text, (Source("distributions", "risk_velocity"),))


def _joined(context: Context, *sentences: str | None) -> str:
    """Return a test without an interval of its own followed by the figures that have one."""
    return context.words.text("labels.sentence_space").join(filter(None, sentences))
