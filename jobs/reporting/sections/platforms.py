"""Platform combinations and health: the test over all of them first, then what it allows."""

from __future__ import annotations

from typing import Any

from jobs.reporting.cells import hidden_in_grid
from jobs.reporting.charts.specifications import DotChart, DotRow, Point
from jobs.reporting.context import NOTHING, Context
from jobs.reporting.disclosure import is_small
from jobs.reporting.model import Block, Bullet, Bullets, Figure, Paragraph, Section, Source
from jobs.reporting.quality_notes import notes_for
from jobs.reporting.verdicts import Verdict, of_association, of_comparison
from jobs.reporting.words import in_order

_NAME = "platforms"
_HEALTH = "customer_health_score"
_CELLS = (Source("crosstabs", _NAME),)
_TESTS = (Source("associations", _NAME),)
_PAIRS = (Source("comparisons", _NAME),)
_RELATIONS = (Source("correlations", _NAME),)


def build(context: Context) -> Section:
    """Return the chapter on platforms."""
    words = context.words
    title = words.text("titles.platforms")
    if not context.has_cohort():
        return Section(_NAME, title, (Paragraph(context.no_cohort()),))
    if not _rows(context, "cohort", "platforms"):
        return Section(_NAME, title, (Paragraph(words.text("sections.no_rows")),))
    blocks: list[Block] = [
        Bullets(tuple(Bullet("", anova_sentence(context, group), _TESTS) for group in ("cohort", "population")))
    ]
    extremes = extremes_sentence(context)
    if extremes:
        blocks.append(Paragraph(extremes, _CELLS))
    pairs = [row for group in ("cohort", "population") for row in _compared(context, group)]
    if pairs:
        blocks.append(Bullets(tuple(Bullet("", _pair(context, row), _PAIRS) for row in pairs)))
        blocks.append(_pairs_table(context, pairs))
    chart = _chart(context.for_charts)
    if chart is not None:
        is_score = context.definition.get("analysis") == "special_conversion"
        name = "platform_health_score" if is_score else "platform_engagement_health"
        blocks.append(Figure(name, words.text("platforms.alt", title=_title(context)), chart, _CELLS))
    blocks.append(Paragraph(words.text("platforms.n")))
    blocks.append(_table(context, "platforms"))
    blocks.append(_table(context, "number_of_platforms"))
    if any(_hidden(context, group, kind) for group in ("cohort", "population") for kind in _KINDS):
        blocks.append(context.hidden_note())
    related = [
        Bullet("", relation_sentence(context, row), _RELATIONS)
        for group in ("cohort", "population")
        for row in context.rows.all("correlations", section=_NAME, group_name=group)
    ]
    if related:
        blocks.append(Bullets(tuple(related)))
    blocks.extend(notes_for(context, _NAME))
    text = action(context)
    if text:
        blocks.append(context.action(text))
    return Section(_NAME, title, tuple(blocks))


_KINDS = ("platforms", "number_of_platforms")


def anova(context: Context, group: str) -> tuple[Verdict, dict[str, Any]]:
    """Return what the test over all combinations of a group allows to say, and its row."""
    row = context.rows.one("associations", section=_NAME, group_name=group, x="platforms") or {}
    return of_association(row, context.minimum, smallest_group=int(row.get("n") or 0)), row


def anova_sentence(context: Context, group: str) -> str:
    """Return the sentence on all combinations of a group."""
    verdict, row = anova(context, group)
    return context.words.text(
        f"platforms.anova.{verdict}",
        group=context.words.text(f"labels.in_{group}"),
        p=context.p(row.get("p_adjusted")),
        raw_p=context.p(row.get("p_value")),
        n=context.n(row.get("n")),
        minimum=context.words.numbers.count(context.minimum),
    )


def extremes_sentence(context: Context) -> str | None:
    """Return highest and lowest mean of the cohort, with what the test says about the ranking."""
    hidden = _hidden(context, "cohort", "platforms")
    rows = [
        row
        for value, row in _rows(context, "cohort", "platforms").items()
        if value not in hidden and value != "unknown" and int(row.get("n_health") or 0) >= context.least_in_headlines()
    ]
    if len(rows) < 2:
        return None
    rows.sort(key=lambda row: (row["mean_health"], str(row["row_value"])))
    verdict, _ = anova(context, "cohort")
    key = "difference" if verdict is Verdict.DIFFERENCE else "none"
    high, low = rows[-1], rows[0]
    parts = {}
    for name, row in (("high", high), ("low", low)):
        parts[name] = context.words.platforms(str(row["row_value"]))
        parts[f"{name}_mean"] = context.figure(_HEALTH, row["mean_health"])
        parts[f"{name}_interval"] = context.interval(_HEALTH, row["health_ci_low"], row["health_ci_high"])
        parts[f"{name}_n"] = context.n(row["n_health"])
    return context.words.text(f"platforms.extremes.{key}", **parts)


def relation_sentence(context: Context, row: dict[str, Any]) -> str:
    """Return the sentence on the number of platforms and health."""
    return context.correlation(row, group=context.words.text(f"labels.in_{row['group_name']}"))


def action(context: Context) -> str | None:
    """Return what follows from platforms and health."""
    if not context.has_cohort() or not _rows(context, "cohort", "platforms"):
        return None
    verdict, _ = anova(context, "cohort")
    return context.words.text(f"actions.platforms.{'difference' if verdict is Verdict.DIFFERENCE else 'none'}")


def _rows(context: Context, group: str, kind: str) -> dict[str, dict[str, Any]]:
    rows = context.rows.all("crosstabs", section=_NAME, group_name=group, row_dimension=kind)
    return {str(row["row_value"]): row for row in rows}


def _platform_count(combination: str) -> str:
    return "unknown" if combination == "unknown" else str(combination.count("1"))


def _hidden(context: Context, group: str, kind: str) -> frozenset[str]:
    """Return hidden combinations or hidden numbers of platforms: the second are sums of the first."""
    counts = {(value, ""): int(row["n"]) for value, row in _rows(context, group, "platforms").items()}
    by_number = {cell: _platform_count(cell[0]) for cell in counts}
    grid = context.rows.once((_NAME, group), lambda: hidden_in_grid(counts, [by_number], context.minimum))
    return grid.sums[0] if kind == "number_of_platforms" else frozenset(value for value, _ in grid.cells)


def _in_order(kind: str, values: set[str]) -> list[str]:
    if kind == "number_of_platforms":
        return in_order(kind, sorted(values))
    return sorted(values, key=lambda value: (value == "unknown", value.count("1"), [-ord(c) for c in value]))


def _label(context: Context, kind: str, value: str) -> str:
    return context.words.platforms(value) if kind == "platforms" else context.words.value(kind, value)


def _table(context: Context, kind: str) -> Block:
    rows = {group: _rows(context, group, kind) for group in ("cohort", "population")}
    hidden = {group: _hidden(context, group, kind) for group in rows}
    table = []
    for value in _in_order(kind, set(rows["cohort"]) | set(rows["population"])):
        line = [_label(context, kind, value)]
        for group in ("cohort", "population"):
            line.extend(_cells(context, rows[group].get(value), value in hidden[group]))
        table.append(tuple(line))
    return context.table(
        (kind, "cohort_n", "cohort_health", "interval_95", "population_n", "population_health", "interval_95"),
        table,
        sources=_CELLS,
    )


def _cells(context: Context, row: dict[str, Any] | None, hide: bool) -> tuple[str, str, str]:
    if row is None:
        return (context.n(0), NOTHING, NOTHING)
    if hide or is_small(row.get("n_health"), context.minimum):
        return (context.n(row["n"], hidden=hide), NOTHING, NOTHING)
    interval = context.interval(_HEALTH, row.get("health_ci_low"), row.get("health_ci_high"))
    return (context.n(row["n"]), context.figure(_HEALTH, row.get("mean_health")), interval)


def _compared(context: Context, group: str) -> list[dict[str, Any]]:
    hidden = _hidden(context, group, "platforms")
    rows = context.rows.all("comparisons", section=_NAME, stratum=group, group_b="other_combinations")
    shown = [row for row in rows if row["group_a"] not in hidden]
    return sorted(shown, key=lambda row: (row["group_a"].count("1"), [-ord(c) for c in row["group_a"]]))


def _pair(context: Context, row: dict[str, Any]) -> str:
    return context.comparison(
        row,
        group=context.words.text(
            "platforms.combination",
            combination=context.words.platforms(str(row["group_a"])),
            group=context.words.text(f"labels.in_{row['stratum']}"),
        ),
        baseline=context.words.text("platforms.other_combinations"),
    )


def _pairs_table(context: Context, rows: list[dict[str, Any]]) -> Block:
    """Return the single comparisons with effect size and corrected p-value."""
    words = context.words
    lines = []
    for row in rows:
        name = words.text(
            "platforms.combination",
            combination=words.platforms(str(row["group_a"])),
            group=words.text(f"labels.in_{row['stratum']}"),
        )
        verdict = of_comparison(row, context.minimum)
        figures = [NOTHING] * 4
        if verdict is not Verdict.TOO_SMALL:
            figures = [
                context.change(_HEALTH, row.get("difference")),
                context.change_interval(_HEALTH, row),
                context.effect(row),
                context.p(row.get("p_adjusted")),
            ]
        lines.append((name, *figures, context.reading(verdict)))
    return context.table(
        ("combination_in", "difference_to_others", "interval_uncorrected", "hedges_g", "p_corrected", "reading"),
        lines,
        caption=words.text("platforms.pairs_caption"),
        sources=_PAIRS,
    )


def _title(context: Context) -> str:
    verdict, _ = anova(context, "cohort")
    return context.words.text(f"platforms.title.{'difference' if verdict is Verdict.DIFFERENCE else 'none'}")


def _chart(context: Context) -> DotChart | None:
    cohort, population = (_rows(context, group, "platforms") for group in ("cohort", "population"))
    hidden = {group: _hidden(context, group, "platforms") for group in ("cohort", "population")}
    dots: list[DotRow] = []
    is_any_left_out = is_any_withheld = False
    for value in _in_order("platforms", set(cohort) | set(population)):
        points, beside = [], []
        for group, rows in (("cohort", cohort), ("population", population)):
            row = rows.get(value)
            _, mean, _ = _cells(context, row, value in hidden[group])
            n = context.n_text(0 if row is None else row["n"], hidden=value in hidden[group])
            beside.append(context.words.text("charts.value_n", value=mean, n=n))
            points.append(
                Point(None)
                if row is None or mean == NOTHING
                else Point(row["mean_health"], row.get("health_ci_low"), row.get("health_ci_high"))
            )
        is_any_withheld = is_any_withheld or any(point.value is None for point in points)
        if any(point.value is not None for point in points):
            dots.append(DotRow(context.words.platforms(value), tuple(points), "\n".join(beside)))
        else:
            is_any_left_out = True
    if not dots:
        return None
    return DotChart(
        title=_title(context),
        axis=context.words.text("platforms.axis"),
        rows=tuple(dots),
        ticks=lambda value: context.words.numbers.number(value, 0 if float(value).is_integer() else 1),
        series=(context.words.text("charts.cohort"), context.words.text("charts.population")),
        note=_chart_note(context, is_any_withheld, is_any_left_out),
    )


def _chart_note(context: Context, is_any_withheld: bool, is_any_left_out: bool) -> str:
    words = context.words
    texts = [words.text("charts.mean_note")]
    if is_any_left_out:
        texts.append(words.text("platforms.not_drawn"))
    elif is_any_withheld:
        texts.append(words.text("charts.below_minimum", minimum=words.numbers.count(context.minimum)))
    return words.text("labels.sentence_space").join(texts)
