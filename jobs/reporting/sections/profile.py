"""The cohort's measures beside peers and the population, and which of them differ."""

from __future__ import annotations

from typing import Any

from jobs.reporting.context import NOTHING, WITHHELD, Context
from jobs.reporting.disclosure import is_small
from jobs.reporting.model import Block, Bullet, Bullets, Paragraph, Section, Source
from jobs.reporting.quality_notes import notes_for
from jobs.reporting.sections.health_scale import health_scale
from jobs.reporting.sections.origins import origins
from jobs.reporting.verdicts import Verdict, of_comparison

_NAME = "cohort_profile"
_MEASURES = (Source("measures", _NAME),)
_COMPARISONS = (Source("comparisons", _NAME),)
_LISTED = (Verdict.NONE, Verdict.TOO_SMALL, Verdict.BY_DEFINITION, Verdict.NOT_TESTED)


def build(context: Context) -> Section:
    """Return the chapter on the profile."""
    words = context.words
    title = words.text("titles.cohort_profile")
    if not context.has_cohort():
        return Section(_NAME, title, (Paragraph(context.no_cohort()),))
    measures = measures_in_order(context)
    if not measures:
        return Section(_NAME, title, (Paragraph(words.text("sections.no_rows")),))
    blocks: list[Block] = [Paragraph(words.text("profile.intro")), *health_scale(context, _NAME)]
    blocks.append(
        context.table(
            (
                "measure",
                "cohort_mean",
                "interval_95",
                "cohort_n",
                "peers_mean",
                "peers_n",
                "population_mean",
                "population_median",
            ),
            [_means(context, measure) for measure in measures],
            sources=_MEASURES,
        )
    )
    blocks.extend(_robust(context, measures))
    compared = [(m, context.rows.one("comparisons", section=_NAME, measure=m, group_a="cohort")) for m in measures]
    rows = [(m, row) for m, row in compared if row is not None]
    blocks.extend(_sentences(context, rows))
    blocks.append(
        context.table(
            ("measure", "difference_to_peers", "interval_uncorrected", "hedges_g", "p_corrected", "reading"),
            [_difference(context, measure, row) for measure, row in rows],
            sources=_COMPARISONS,
        )
    )
    if told := origins(context, _NAME, "cohort", measures):
        blocks.append(Paragraph(told))
    blocks.extend(notes_for(context, _NAME, measures=measures))
    return Section(_NAME, title, tuple(blocks))


def measures_in_order(context: Context) -> list[str]:
    """Return the measures that have a cohort row, in the definition's order."""
    present = {row["measure"] for row in context.rows.all("measures", section=_NAME, group_name="cohort")}
    named = [item["column"] for item in context.options(_NAME).get("measures") or ()]
    return [m for m in named if m in present] + sorted(present - set(named))


def differing(context: Context) -> list[dict[str, Any]]:
    """Return the tested measures that differ from peers, largest effect first."""
    rows = [
        row
        for row in context.rows.all("comparisons", section=_NAME, group_a="cohort")
        if of_comparison(row, context.minimum) is Verdict.DIFFERENCE
    ]
    return sorted(rows, key=lambda row: (-abs(row.get("effect_size") or 0.0), row["measure"]))


def described(context: Context, measure: str) -> dict[str, Any] | None:
    """Return the comparison of a measure that defines the cohort, if both its means may be printed."""
    row = context.rows.one("comparisons", section=_NAME, measure=measure, group_a="cohort")
    if row is None or of_comparison(row, context.minimum) is not Verdict.BY_DEFINITION:
        return None
    groups = context.rows.all("measures", section=_NAME, measure=measure)
    is_hidden = any(_gives_away(context, group) for group in groups)
    return None if is_hidden or row.get("mean_a") is None or row.get("mean_b") is None else row


def _means(context: Context, measure: str) -> tuple[str, ...]:
    rows = {
        name: context.rows.one("measures", section=_NAME, group_name=name, measure=measure) or {}
        for name in ("cohort", "peers", "population")
    }
    cohort, peers, population = rows["cohort"], rows["peers"], rows["population"]
    if any(_gives_away(context, row) for row in rows.values()):
        n_cohort, n_peers = context.n(cohort.get("n")), context.n(peers.get("n"))
        return (words_of(context, measure), WITHHELD, NOTHING, n_cohort, WITHHELD, n_peers, WITHHELD, WITHHELD)
    return (
        words_of(context, measure),
        context.figure(measure, cohort.get("mean")),
        context.interval(measure, cohort.get("ci_low"), cohort.get("ci_high")),
        context.n(cohort.get("n")),
        context.figure(measure, peers.get("mean")),
        context.n(peers.get("n")),
        context.figure(measure, population.get("mean")),
        NOTHING if _is_flag(context, population) else context.figure(measure, population.get("median")),
    )


def _robust(context: Context, measures: list[str]) -> list[Block]:
    """Return means beside medians and trimmed means; a share has none of its own."""
    lines = []
    for measure in measures:
        rows = [
            context.rows.one("measures", section=_NAME, group_name=group, measure=measure) or {}
            for group in ("cohort", "peers")
        ]
        if all(_is_flag(context, row) for row in rows):
            continue
        figures = [row.get(name) for row in rows for name in ("mean", "median", "trimmed_mean")]
        hide = any(_gives_away(context, row) for row in rows)
        shown = [WITHHELD] * len(figures) if hide else [context.figure(measure, figure) for figure in figures]
        lines.append((words_of(context, measure), *shown))
    if not lines:
        return []
    columns = ("measure", "cohort_mean", "cohort_median", "cohort_trimmed", "peers_mean", "peers_median",
               "peers_trimmed")  # fmt: skip
    caption = context.words.text("profile.robust_caption")
    return [context.table(columns, lines, caption=caption, sources=_MEASURES)]


def _is_flag(context: Context, row: dict[str, Any]) -> bool:
    """Tell whether the values are 0 and 1 only: such a mean counts customers, and its median says nothing."""
    percentiles = [row.get(name) for name in ("p10", "p25", "median", "p75", "p90")]
    return context.unit(str(row.get("measure"))) == "share" and all(p in (None, 0.0, 1.0) for p in percentiles)


def _gives_away(context: Context, row: dict[str, Any]) -> bool:
    """Tell whether the row's mean would show a small group: few values, or few customers with a flag."""
    n = int(row.get("n") or 0)
    if is_small(n, context.minimum):
        return True
    if not _is_flag(context, row) or row.get("mean") is None:
        return False
    flagged = round(float(row["mean"]) * n)
    return is_small(flagged, context.minimum) or is_small(n - flagged, context.minimum)


def words_of(context: Context, measure: str) -> str:
    """Return the name of a measure, marked where it belongs to the cohort's definition."""
    row = context.rows.one("measures", section=_NAME, group_name="cohort", measure=measure) or {}
    name = context.words.title(measure)
    return context.words.text("profile.by_definition_mark", measure=name) if row.get("by_definition") else name


def _difference(context: Context, measure: str, row: dict[str, Any]) -> tuple[str, ...]:
    verdict = of_comparison(row, context.minimum)
    name = words_of(context, measure)
    groups = [
        context.rows.one("measures", section=_NAME, group_name=name, measure=measure) or {}
        for name in ("cohort", "peers", "population")
    ]
    if verdict is Verdict.TOO_SMALL or any(_gives_away(context, group) for group in groups):
        return (name, WITHHELD, NOTHING, NOTHING, NOTHING, context.reading(Verdict.TOO_SMALL))
    return (
        name,
        context.change(measure, row.get("difference")),
        context.change_interval(measure, row),
        context.effect(row),
        context.p(row.get("p_adjusted")),
        context.reading(verdict),
    )


def _sentences(context: Context, rows: list[tuple[str, dict[str, Any]]]) -> list[Block]:
    words = context.words
    told: list[Bullet] = []
    listed: dict[Verdict, list[str]] = {verdict: [] for verdict in _LISTED}
    for measure, row in rows:
        verdict = of_comparison(row, context.minimum)
        if verdict in listed:
            listed[verdict].append(words.measure(measure))
            continue
        text = context.comparison(row, group=words.text("labels.the_cohort"), baseline=words.text("labels.peers"))
        told.append(Bullet("", text, _COMPARISONS))
    for verdict, names in listed.items():
        if names:
            text = words.text(f"profile.{verdict}", measures=words.listing(names), minimum=str(context.minimum))
            told.append(Bullet("", text, _COMPARISONS))
    return [Bullets(tuple(told))] if told else []
