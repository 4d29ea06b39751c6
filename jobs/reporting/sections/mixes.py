"""The mix of channels and other categories: shares of the cohort beside peers and the population."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from jobs.reporting.charts.specifications import DotChart, DotRow, Point
from jobs.reporting.context import NOTHING, Context
from jobs.reporting.disclosure import hidden_cells
from jobs.reporting.model import Block, Figure, Heading, Paragraph, Section, Source
from jobs.reporting.quality_notes import notes_for
from jobs.reporting.verdicts import Verdict, of_association
from jobs.reporting.words import REMAINDERS, in_order, other_spellings

_NAME = "channels"
CHANNEL = "primary_engagement_channel"
# A table of thousands of values is read by nobody; the result table holds them all.
MOST_VALUES = 30
_RARE = 0.01
_GROUPS = ("cohort", "peers", "population")
_SOURCES = (Source("distributions", _NAME),)
_TESTS = (Source("associations", _NAME),)


def build(context: Context) -> Section:
    """Return the chapter on mixes."""
    words = context.words
    title = words.text("titles.channels" if CHANNEL in dimensions(context) else "titles.mixes")
    if not context.has_cohort():
        return Section(_NAME, title, (Paragraph(context.no_cohort()),))
    blocks: list[Block] = [Paragraph(words.text("channels.intro"))] if dimensions(context) else []
    for dimension in dimensions(context):
        blocks.append(Heading(words.dimension(dimension)))
        blocks.extend(_mix(context, dimension))
    if not blocks:
        return Section(_NAME, title, (Paragraph(words.text("sections.no_rows")),))
    blocks.extend(notes_for(context, _NAME))
    text = action(context)
    if text:
        blocks.append(context.action(text))
    return Section(_NAME, title, tuple(blocks))


def dimensions(context: Context) -> list[str]:
    """Return the dimensions that have rows, in the definition's order."""
    present = {row["dimension"] for row in context.rows.all("distributions", section=_NAME, group_name="cohort")}
    named = [str(name) for name in context.options(_NAME).get("dimensions") or ()]
    return [name for name in named if name in present] + sorted(present - set(named))


def verdict_of(context: Context, dimension: str) -> tuple[Verdict, dict[str, Any]]:
    """Return what may be said about a mix, and the row of its test."""
    row = context.rows.one("associations", section=_NAME, y=dimension) or {}
    cohort = context.rows.cohort_size()
    others = context.rows.population_size() - cohort
    return of_association(row, context.minimum, smallest_group=min(cohort, others)), row


def test_sentence(context: Context, dimension: str) -> str:
    """Return what the test of a mix allows to say."""
    verdict, row = verdict_of(context, dimension)
    numbers = context.words.numbers
    return context.words.text(
        f"channels.test.{verdict}",
        dimension=context.words.dimension(dimension),
        p=context.p(row.get("p_adjusted")),
        raw_p=context.p(row.get("p_value")),
        v=NOTHING if row.get("cramers_v") is None else numbers.number(row["cramers_v"], 3),
        n=context.n(row.get("n")),
    )


def rows_of(context: Context, dimension: str) -> dict[str, dict[str, dict[str, Any]]]:
    """Return the rows of a dimension: group, then value."""
    found: dict[str, dict[str, dict[str, Any]]] = {group: {} for group in _GROUPS}
    for row in context.rows.all("distributions", section=_NAME, dimension=dimension):
        if row["group_name"] in found:
            found[row["group_name"]][str(row["value"])] = row
    return found


def hidden_values(context: Context, dimension: str) -> frozenset[str]:
    """Return the values whose whole line is hidden."""
    return context.rows.once(("hidden values", dimension), lambda: _hidden_values(context, dimension))


def _hidden_values(context: Context, dimension: str) -> frozenset[str]:
    hidden: frozenset[str] = frozenset()
    for rows in rows_of(context, dimension).values():
        counts = {value: int(row.get("n") or 0) for value, row in rows.items()}
        hidden |= hidden_cells(counts, [list(counts)], context.minimum, zero_is_small=True)
    return hidden


def furthest(context: Context, dimension: str) -> dict[str, Any] | None:
    """Return the shown value that adds most to the chi-square statistic: rare spellings do not lead, however odd."""
    hidden = hidden_values(context, dimension)
    rows = [
        row
        for value, row in rows_of(context, dimension)["cohort"].items()
        if value not in hidden and value not in REMAINDERS and int(row.get("n") or 0) > 0 and row.get("index")
    ]
    return max(rows, key=lambda r: (_departure(r), str(r["value"])), default=None)


def _departure(row: Mapping[str, Any]) -> float:
    """Squared distance of the share from all customers' over that share: per customer what chi-square adds up."""
    expected = float(row["population_share"])
    return (float(row["share"]) - expected) ** 2 / expected


def value_sentence(context: Context, row: dict[str, Any]) -> str:
    """Return one value's share, interval and index as a sentence."""
    numbers = context.words.numbers
    return context.words.text(
        "channels.value",
        value=context.words.value(str(row["dimension"]), str(row["value"])),
        share=numbers.percent(row["share"]),
        interval=context.share_interval(row.get("share_low"), row.get("share_high")),
        population_share=numbers.percent(row["population_share"]),
        index=numbers.number(row["index"], 0),
        n=context.n(row["n"]),
    )


def action(context: Context) -> str | None:
    """Return what follows from the channel mix."""
    if not context.has_cohort() or CHANNEL not in dimensions(context):
        return None
    verdict, _ = verdict_of(context, CHANNEL)
    row = furthest(context, CHANNEL)
    if verdict is not Verdict.DIFFERENCE or row is None:
        return context.words.text("actions.channels.none")
    side = "over" if row["index"] > 100 else "under"
    return context.words.text(
        f"actions.channels.{side}",
        channel=context.words.value(CHANNEL, str(row["value"])),
        index=context.words.numbers.number(row["index"], 0),
    )


def _mix(context: Context, dimension: str) -> list[Block]:
    words = context.words
    blocks: list[Block] = [Paragraph(test_sentence(context, dimension), _TESTS)]
    active = rows_of(context, dimension)["cohort"].get("1") if dimension == "zendesk_active" else None
    verdict, _ = verdict_of(context, dimension)
    row = active or (furthest(context, dimension) if verdict is Verdict.DIFFERENCE else None)
    hidden = hidden_values(context, dimension)
    if row is not None and str(row["value"]) not in hidden and row.get("index") is not None:
        blocks.append(Paragraph(value_sentence(context, row), _SOURCES))
    if dimension == CHANNEL and (chart := _chart(context.for_charts, dimension)) is not None:
        name = "channel_distribution"
        if context.definition.get("analysis") == "conversion_behaviour":
            name = "engagement_channel_distribution"
        blocks.append(Figure(name, words.text("channels.alt", title=chart_title(context, dimension)), chart, _SOURCES))
    cohort = rows_of(context, dimension)["cohort"]
    values = in_order(dimension, list(cohort))
    small = [v for v in values if v in hidden and int(cohort[v].get("n") or 0) < context.minimum]
    population = rows_of(context, dimension)["population"]
    # a value that few customers have may be a name that got into the wrong column: it is not printed
    is_folded = len(small) > 1 or any(int(population.get(v, {}).get("n") or 0) < context.minimum for v in small)
    named = [v for v in values if not (is_folded and v in small)]
    largest = most_frequent(named, {value: int(row.get("n") or 0) for value, row in cohort.items()})
    lines = [_line(context, dimension, v, v in hidden) for v in largest]
    if len(named) > len(largest):
        lines.append((words.more_values(len(named) - len(largest)), *[NOTHING] * 6))
    if is_folded:
        name = words.further_values(len(small))
        lines.append((name, f"<{context.minimum}", *[NOTHING] * 5))
    blocks.append(
        context.table(
            ("value", "cohort_n", "cohort_share", "interval_95", "peers_share", "population_share", "index"),
            lines,
            sources=_SOURCES,
        )
    )
    if other_spellings({value: int(cohort[value].get("n") or 0) for value in largest}):
        blocks.append(Paragraph(words.text("labels.spellings")))
    if hidden:
        blocks.append(context.hidden_note())
    return blocks


def most_frequent(values: Sequence[str], sizes: Mapping[str, int]) -> list[str]:
    """Return the values that are printed, in their order: at most `MOST_VALUES`, those of most customers."""
    kept = set(sorted(values, key=lambda value: (-sizes.get(value, 0), value))[:MOST_VALUES])
    return [value for value in values if value in kept]


def _line(context: Context, dimension: str, value: str, hide: bool) -> tuple[str, ...]:
    rows = rows_of(context, dimension)
    cohort, peers = rows["cohort"][value], rows["peers"].get(value, {})
    name = context.words.value(dimension, value)
    if hide:
        return (name, context.n(cohort.get("n"), hidden=True), *[NOTHING] * 5)
    percent = context.words.numbers.percent
    return (
        name,
        context.n(cohort.get("n")),
        percent(cohort["share"]) if cohort.get("share") is not None else NOTHING,
        context.share_interval(cohort.get("share_low"), cohort.get("share_high")),
        percent(peers["share"]) if peers.get("share") is not None else NOTHING,
        percent(cohort["population_share"]) if cohort.get("population_share") is not None else NOTHING,
        context.words.numbers.number(cohort["index"], 0) if cohort.get("index") is not None else NOTHING,
    )


def chart_title(context: Context, dimension: str) -> str:
    """Return the message of a mix's chart."""
    verdict, _ = verdict_of(context, dimension)
    row = furthest(context, dimension)
    if verdict is Verdict.DIFFERENCE and row is not None:
        return context.words.text(
            "channels.title.difference",
            value=context.words.value(dimension, str(row["value"])),
            share=context.words.numbers.percent(row["share"]),
            population_share=context.words.numbers.percent(row["population_share"]),
        )
    return context.words.text("channels.title.none")


def _chart(context: Context, dimension: str) -> DotChart | None:
    rows = rows_of(context, dimension)
    hidden = hidden_values(context, dimension)
    shown = [value for value in rows["cohort"] if value not in hidden]
    sizes = {value: int(rows["cohort"][value].get("n") or 0) for value in shown}
    stray = {value for value in other_spellings(sizes) if _is_rare(rows, value)}
    shown = [value for value in shown if value not in stray]
    # Nominal categories: largest share first, the missing one last.
    shown.sort(key=lambda v: (v in REMAINDERS, -(rows["cohort"][v].get("share") or 0.0), v))
    shown = shown[:MOST_VALUES]
    if not shown:
        return None
    dots = []
    for value in shown:
        cohort, population = rows["cohort"][value], rows["population"].get(value, {})
        dots.append(
            DotRow(
                label=context.words.value(dimension, value),
                points=(
                    Point(cohort.get("share"), cohort.get("share_low"), cohort.get("share_high")),
                    Point(population.get("share"), population.get("share_low"), population.get("share_high")),
                ),
                beside="\n".join(
                    context.words.text(
                        "charts.value_n",
                        value=context.words.numbers.percent(row.get("share") or 0.0),
                        n=context.n_text(row.get("n")),
                    )
                    for row in (cohort, population)
                ),
            )
        )
    return DotChart(
        title=chart_title(context, dimension),
        axis=context.words.text("channels.axis"),
        rows=tuple(dots),
        ticks=lambda value: context.words.numbers.percent(value, 0),
        series=(context.words.text("charts.cohort"), context.words.text("charts.population")),
        from_zero=True,
        note=context.chart_note(
            "charts.share_note", has_stray=bool(stray), has_hidden=bool(set(rows["cohort"]) & hidden)
        ),
    )


def _is_rare(rows: Mapping[str, Mapping[str, dict[str, Any]]], value: str) -> bool:
    """Tell whether less than a hundredth of the cohort and of all customers have the value."""
    return all((rows[group].get(value, {}).get("share") or 0.0) < _RARE for group in ("cohort", "population"))
