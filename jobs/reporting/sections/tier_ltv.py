"""Lifetime value against customers of the same tier."""

from __future__ import annotations

from typing import Any

from jobs.reporting.charts.specifications import Chart, DotChart, DotRow, PairChart, Point
from jobs.reporting.context import NOTHING, Context
from jobs.reporting.model import Block, Bullet, Bullets, Figure, Paragraph, Section, Source
from jobs.reporting.quality_notes import notes_for
from jobs.reporting.sections import tier_rows
from jobs.reporting.verdicts import Verdict, of_comparison

_NAME, _LTV = tier_rows.SECTION, tier_rows.LTV
_SOURCES = (Source("comparisons", _NAME),)


def build(context: Context) -> Section:
    """Return the chapter on lifetime value."""
    words = context.words
    title = words.text("titles.tier_ltv")
    if not context.has_cohort():
        return Section(_NAME, title, (Paragraph(context.no_cohort()),))
    total = tier_rows.overall(context)
    if total is None or not tier_rows.tiers(context):
        return Section(_NAME, title, (Paragraph(words.text("sections.no_rows")),))
    hidden = tier_rows.hidden_tiers(context)
    blocks: list[Block] = [
        Paragraph(overall_sentence(context), _SOURCES),
        Paragraph(words.text("tier_ltv.method")),
    ]
    if tier_rows.shown_tiers(context):
        for_charts = context.for_charts
        name = "ltv_comparison" if context.definition.get("analysis") == "conversion_behaviour" else "ltv_difference"
        chart = _pair(for_charts) if name == "ltv_comparison" else _differences(for_charts, total)
        blocks.append(Figure(name, words.text("tier_ltv.alt", title=_title(context)), chart, _SOURCES))
    sentences = [
        Bullet("", context.comparison(
            row,
            group=words.text("tier_ltv.group", tier=words.value("customer_tier", str(row["stratum"]))),
            baseline=words.text("tier_ltv.baseline", tier=words.value("customer_tier", str(row["stratum"]))),
        ), _SOURCES)
        for row in tier_rows.shown_tiers(context)
    ]  # fmt: skip
    blocks.append(Bullets(tuple(sentences)))
    blocks.append(
        context.table(
            ("tier", "cohort_n", "cohort_mean", "peers_n", "peers_mean", "tier_mean"),
            [_means(context, row, str(row["stratum"]) in hidden) for row in [*tier_rows.tiers(context), total]],
            caption=words.text("tier_ltv.means_caption"),
            sources=_SOURCES,
        )
    )
    blocks.append(
        context.table(
            ("tier", "difference_to_peers", "interval_uncorrected", "relative_to_peers", "interval_uncorrected",
             "difference_to_tier", "contribution", "hedges_g", "p_corrected", "reading"),
            [_difference(context, row, str(row["stratum"]) in hidden) for row in [*tier_rows.tiers(context), total]],
            caption=words.text("tier_ltv.differences_caption"),
            sources=_SOURCES,
        )
    )  # fmt: skip
    if tier_rows.spellings(tier_rows.tiers(context)):
        blocks.append(Paragraph(words.text("labels.spellings")))
    if hidden:
        blocks.append(context.hidden_note())
    blocks.extend(_left_out(context))
    blocks.extend(_compared(context, total))
    blocks.extend(_robust(context))
    measure = context.rows.one("measures", section=_NAME, group_name="cohort") or {}
    if measure.get("source_table"):
        blocks.append(
            Paragraph(words.text("tier_ltv.origin", table=str(measure["source_table"])), (Source("measures", _NAME),))
        )
    blocks.extend(notes_for(context, _NAME, measures=(_LTV,)))
    blocks.append(context.action(action(context) or ""))
    return Section(_NAME, title, tuple(blocks))


def overall_sentence(context: Context) -> str:
    """Return what may be said about the cohort's value as a whole."""
    row = tier_rows.overall(context)
    if row is None:
        return context.words.text("sections.no_rows")
    text = context.comparison(
        row, group=context.words.text("labels.the_cohort"), baseline=context.words.text("labels.same_tier")
    )
    space = context.words.text("labels.sentence_space")
    mixed = (
        space + context.words.text("tier_ltv.mixed", directions=tier_rows.by_direction(context))
        if tier_rows.is_mixed(context)
        else ""
    )
    relative = row.get("relative_difference")
    if relative is None or of_comparison(row, context.minimum) is Verdict.TOO_SMALL:
        return text + mixed
    extra = context.words.text(
        "tier_ltv.relative",
        relative=context.signed_percent(relative),
        interval=context.words.text(
            "labels.interval",
            low=context.signed_percent(row.get("rel_ci_low")),
            high=context.signed_percent(row.get("rel_ci_high")),
        ),
    )
    return text + space + extra + mixed


def action(context: Context) -> str | None:
    """Return what follows from the comparison."""
    row = tier_rows.overall(context)
    if row is None or not context.has_cohort():
        return None
    words = context.words
    verdict = of_comparison(row, context.minimum)
    if tier_rows.is_mixed(context):
        return words.text("actions.tier_ltv.mixed", directions=tier_rows.by_direction(context))
    if verdict is not Verdict.DIFFERENCE:
        return words.text("actions.tier_ltv.none")
    holding = [
        words.value("customer_tier", str(tier["stratum"]))
        for tier in tier_rows.shown_tiers(context)
        if of_comparison(tier, context.minimum) is Verdict.DIFFERENCE
        and (tier["difference"] > 0) == (row["difference"] > 0)
    ]
    side = "higher" if row["difference"] > 0 else "lower"
    if not holding:
        return words.text(f"actions.tier_ltv.{side}_overall")
    return words.text(f"actions.tier_ltv.{side}", tiers=words.listing(holding))


def _means(context: Context, row: dict[str, Any], hide: bool) -> tuple[str, ...]:
    baseline = _baseline(context, row)
    name = tier_rows.tier_name(context, row)
    if hide:
        return (name, context.n(row.get("n_a"), hidden=True), NOTHING, context.n(row.get("n_b"), hidden=True),
                NOTHING, NOTHING)  # fmt: skip
    return (
        name,
        context.n(row.get("n_a")),
        _mean(context, row, "a"),
        context.n(row.get("n_b")),
        _mean(context, row, "b"),
        _mean(context, baseline, "b"),
    )


def _mean(context: Context, row: dict[str, Any], side: str) -> str:
    """Return a group's mean, in brackets its interval; a mean over tiers has none."""
    interval = context.interval(_LTV, row.get(f"mean_{side}_low"), row.get(f"mean_{side}_high"))
    mean = context.figure(_LTV, row.get(f"mean_{side}"))
    return mean if interval == NOTHING else mean + context.words.text("charts.in_brackets", text=interval)


def _difference(context: Context, row: dict[str, Any], hide: bool) -> tuple[str, ...]:
    name = tier_rows.tier_name(context, row)
    verdict = of_comparison(row, context.minimum)
    if hide or verdict is Verdict.TOO_SMALL:
        return (name, *[NOTHING] * 8, context.reading(Verdict.TOO_SMALL))
    low, high = row.get("rel_ci_low"), row.get("rel_ci_high")
    relative_interval = (
        NOTHING
        if low is None or high is None
        else context.words.text("labels.interval", low=context.signed_percent(low), high=context.signed_percent(high))
    )
    return (
        name,
        context.change(_LTV, row.get("difference")),
        context.change_interval(_LTV, row),
        context.signed_percent(row.get("relative_difference")),
        relative_interval,
        context.change(_LTV, _baseline(context, row).get("difference")),
        context.change(_LTV, row.get("contribution")),
        context.effect(row),
        context.p(row.get("p_adjusted")),
        context.reading(verdict),
    )


def _robust(context: Context) -> list[Block]:
    """Return mean, median and trimmed mean of all tiers together: few rich customers move the first only.

    The means are left out where a tier is left out of the overall figure above: against it, it would give
    that tier's customers away.
    """
    words = context.words
    lines = []
    hide = bool(tier_rows.hidden_tiers(context))
    for group, name in (("cohort", "charts.cohort"), ("peers", "labels.peers"), ("population", "charts.population")):
        row = context.rows.one("measures", section=_NAME, group_name=group, measure=_LTV)
        if row is None or int(row.get("n") or 0) < context.minimum:
            continue
        mean = [
            context.n(row.get("n")),
            context.figure(_LTV, row.get("mean")),
            context.interval(_LTV, row.get("ci_low"), row.get("ci_high")),
        ]
        label = words.text(name)
        lines.append(
            (
                label[:1].upper() + label[1:],
                *([] if hide else mean),
                context.figure(_LTV, row.get("median")),
                context.figure(_LTV, row.get("trimmed_mean")),
            )
        )
    if not lines:
        return []
    columns = ("group", *(() if hide else ("customers", "mean", "interval_95")), "median", "trimmed_mean")
    caption = words.text("tier_ltv.robust_without_means" if hide else "tier_ltv.robust_caption")
    return [context.table(columns, lines, caption=caption, sources=(Source("measures", _NAME),))]


def _baseline(context: Context, row: dict[str, Any]) -> dict[str, Any]:
    found = context.rows.one("comparisons", section=_NAME, stratum=row["stratum"], group_b="tier_baseline")
    return found or {}


def _left_out(context: Context) -> list[Block]:
    names = [
        context.words.text(
            "tier_ltv.left_out_tier", tier=tier_rows.tier_name(context, row), n=context.n(row.get("n_a"))
        )
        for row in tier_rows.tiers(context)
        if row.get("contribution") is None
    ]
    if not names:
        return []
    return [Paragraph(context.words.text("tier_ltv.left_out", tiers=context.words.listing(names)), _SOURCES)]


def _compared(context: Context, total: dict[str, Any]) -> list[Block]:
    """Return how much of the cohort is compared, unless a handful is not, or tiers are left out, which is told above.

    Beside the number in left-out tiers the sentence would say how many have no lifetime value.
    """
    size = context.rows.cohort_size()
    is_left_out = any(row.get("contribution") is None for row in tier_rows.tiers(context))
    if size - total["n_a"] < context.minimum or is_left_out or tier_rows.hidden_tiers(context):
        return []
    text = context.words.text("tier_ltv.compared", n=context.n(total["n_a"]), cohort=context.n(size))
    return [Paragraph(text, (*_SOURCES, Source("attrition")))]


def _title(context: Context) -> str:
    row = tier_rows.overall(context) or {}
    verdict = of_comparison(row, context.minimum)
    if tier_rows.is_mixed(context):
        return context.words.text("tier_ltv.title.mixed", directions=tier_rows.by_direction(context))
    side = ""
    if verdict is Verdict.DIFFERENCE:
        side = ".higher" if row["difference"] > 0 else ".lower"
    return context.words.text(
        f"tier_ltv.title.{verdict}{side}", difference=context.change(_LTV, row.get("difference"), signed=False)
    )


def _n_pair(context: Context, row: dict[str, Any]) -> str:
    return context.words.text("charts.n_pair", a=context.n(row.get("n_a")), b=context.n(row.get("n_b")))


def _difference_row(context: Context, row: dict[str, Any], *, with_n: bool) -> DotRow:
    interval = context.change_interval(_LTV, row)
    beside = context.change(_LTV, row.get("difference"))
    beside += "" if interval == NOTHING else context.words.text("charts.in_brackets", text=interval)
    return DotRow(
        label=tier_rows.tier_name(context, row),
        points=(
            Point(
                row.get("difference"),
                row.get("ci_low"),
                row.get("ci_high"),
                is_open=of_comparison(row, context.minimum) is not Verdict.DIFFERENCE,
            ),
        ),
        beside=f"{beside}\n{_n_pair(context, row)}" if with_n else beside,
        is_total=row["stratum"] == "overall",
    )


def _chart_note(context: Context, key: str) -> str:
    is_any_left_out = len(tier_rows.drawn_tiers(context)) < len(tier_rows.shown_tiers(context))
    has_hidden = bool(tier_rows.hidden_tiers(context))
    return context.chart_note(f"tier_ltv.{key}", has_stray=is_any_left_out, has_hidden=has_hidden)


def _differences(context: Context, total: dict[str, Any]) -> Chart:
    drawn = tier_rows.drawn_tiers(context)
    return DotChart(
        title=_title(context),
        axis=context.words.text("tier_ltv.difference_axis", currency=context.words.numbers.currency_name()),
        rows=tuple(_difference_row(context, row, with_n=True) for row in [*drawn, total]),
        ticks=context.words.numbers.money,
        reference=0.0,
        note=_chart_note(context, "chart_note"),
    )


def _pair(context: Context) -> Chart:
    words = context.words
    rows = tier_rows.drawn_tiers(context)
    left = DotChart(
        title="",
        axis=words.text("tier_ltv.mean_axis", currency=words.numbers.currency_name()),
        rows=tuple(
            DotRow(
                label=tier_rows.tier_name(context, row),
                points=tuple(
                    Point(row.get(f"mean_{side}"), row.get(f"mean_{side}_low"), row.get(f"mean_{side}_high"))
                    for side in ("a", "b")
                ),
                beside="\n".join(
                    words.text(
                        "charts.value_n",
                        value=context.figure(_LTV, row.get(f"mean_{side}")),
                        n=context.n_text(row.get(f"n_{side}")),
                    )
                    for side in ("a", "b")
                ),
            )
            for row in rows
        ),
        ticks=words.numbers.money,
        series=(words.text("charts.cohort"), words.text("charts.same_tier")),
        from_zero=True,
    )
    right = DotChart(
        title="",
        axis=words.text("tier_ltv.difference_axis", currency=words.numbers.currency_name()),
        rows=tuple(_difference_row(context, row, with_n=False) for row in rows),
        ticks=words.numbers.money,
        reference=0.0,
    )
    return PairChart(title=_title(context), left=left, right=right, note=_chart_note(context, "pair_note"))
