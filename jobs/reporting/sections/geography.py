"""Where the cohort is: how far its ids reach the addresses, and what can be said of places."""

from __future__ import annotations

from typing import Any

from jobs.reporting.charts.specifications import BarChart, DotChart, DotRow, Point
from jobs.reporting.context import NOTHING, WITHHELD, Context
from jobs.reporting.disclosure import hidden_cells
from jobs.reporting.model import Block, Figure, Heading, Paragraph, Section, Source
from jobs.reporting.quality_notes import notes_for
from jobs.reporting.words import REMAINDERS

_NAME = "geography"
_MATCHES = (Source("match_rates"),)
_SOURCES = (Source("distributions", _NAME),)
_SHOWN = 12


def build(context: Context) -> Section:
    """Return the chapter on places."""
    words = context.words
    title = words.text("titles.geography")
    if not context.has_cohort():
        return Section(_NAME, title, (Paragraph(context.no_cohort()),))
    blocks: list[Block] = list(_match_rates(context))
    group = _group(context)
    if group is None:
        blocks.append(Paragraph(words.text("geography.no_distribution")))
    else:
        blocks.append(Paragraph(words.text(f"geography.{group}"), _SOURCES))
        for dimension in ("country", "state"):
            blocks.extend(_places(context, group, dimension))
    blocks.extend(notes_for(context, _NAME))
    text = action(context)
    if text:
        blocks.append(context.action(text))
    return Section(_NAME, title, tuple(blocks))


def any_match(context: Context) -> dict[str, Any] | None:
    """Return the match rate over all keys together."""
    return context.rows.one("match_rates", left_table="cohort", key="any")


def action(context: Context) -> str | None:
    """Return what would make the places known, or how to use them."""
    if not context.has_cohort():
        return None
    return context.words.text("actions.geography.matched" if _group(context) == "cohort" else "actions.geography.none")


def _group(context: Context) -> str | None:
    names = {row["group_name"] for row in context.rows.all("distributions", section=_NAME)}
    return next((name for name in ("cohort", "cohort_estimate") if name in names), None)


def _match_rates(context: Context) -> list[Block]:
    words = context.words
    rows = [row for row in context.rows.all("match_rates") if row["left_table"] == "cohort"]
    if not rows:
        return [Paragraph(words.text("geography.no_keys"))]
    rows.sort(key=lambda row: (row["key"] == "any", str(row["right_table"]), str(row["key"])))
    best = any_match(context)
    blocks: list[Block] = []
    minimum = context.options(_NAME).get("minimum_match_rate")
    if best is not None and not best["matched_rows"] and best["left_rows"]:
        told = words.text("geography.nobody_matched", cohort=context.n(best["left_rows"]))
        blocks.append(Paragraph(told, _MATCHES))
    elif best is not None and minimum is not None:
        blocks.append(
            Paragraph(
                words.text(
                    "geography.match",
                    n=context.n(best["matched_rows"]),
                    cohort=context.n(best["left_rows"]),
                    rate=_rate(context, best),
                    minimum=words.numbers.percent(float(minimum), 0),
                ),
                _MATCHES,
            )
        )
    blocks.append(
        context.table(
            ("joined_to", "key_tried", "customers", "matched", "match_rate"),
            [
                (
                    words.value("table", str(row["right_table"])),
                    words.text("geography.any_key") if row["key"] == "any" else str(row["key"]),
                    context.n(row["left_rows"]),
                    context.n(row["matched_rows"]),
                    _rate(context, row),
                )
                for row in rows
            ],
            texts=2,
            sources=_MATCHES,
        )
    )
    return blocks


def _rate(context: Context, row: dict[str, Any]) -> str:
    matched, left = int(row["matched_rows"]), int(row["left_rows"])
    if 0 < matched < context.minimum or 0 < left - matched < context.minimum or row.get("match_rate") is None:
        return WITHHELD if matched else NOTHING
    return context.words.numbers.percent(row["match_rate"])


def _hidden(context: Context, rows: list[dict[str, Any]]) -> frozenset[str]:
    counts = {str(row["value"]): int(row["n"]) for row in rows if row.get("n") is not None}
    return hidden_cells(counts, [list(counts)], context.minimum)


def _places(context: Context, group: str, dimension: str) -> list[Block]:
    words = context.words
    rows = context.rows.all("distributions", section=_NAME, group_name=group, dimension=dimension)
    if not rows:
        return []
    hidden = _hidden(context, rows)
    # Hidden places stand at the end, in no telling order.
    rows.sort(
        key=lambda r: (r["value"] in REMAINDERS, r["value"] in hidden, -(r["share"] if r["value"] not in hidden else 0),
                       str(r["value"]))
    )  # fmt: skip
    places = [row for row in rows if row["value"] not in REMAINDERS]
    listed = places[:_SHOWN] + [row for row in rows if row["value"] in REMAINDERS]
    blocks: list[Block] = [Heading(words.title(dimension))]
    shown = [row for row in places[:_SHOWN] if row["value"] not in hidden]
    if shown and dimension == "country":
        others = [row for row in listed if row["value"] in REMAINDERS and row["value"] not in hidden]
        chart = _chart(context.for_charts, group, shown, len(places), others)
        alt = words.text("geography.alt", title=chart.title)
        blocks.append(Figure("geography_countries", alt, chart, _SOURCES))
    is_estimate = group == "cohort_estimate"
    columns = (dimension, "estimated_share") if is_estimate else (dimension, "cohort_n", "share", "interval_95")
    table = []
    for row in listed:
        name = words.value(dimension, str(row["value"]))
        hide = row["value"] in hidden
        share = NOTHING if hide or row.get("share") is None else words.numbers.percent(row["share"])
        interval = NOTHING if hide else context.share_interval(row.get("share_low"), row.get("share_high"))
        table.append((name, share) if is_estimate else (name, context.n(row["n"], hidden=hide), share, interval))
    blocks.append(context.table(columns, table, sources=_SOURCES))
    if len(places) > _SHOWN:
        further = places[_SHOWN:]
        blocks.append(Paragraph(_more(context, further, further[0]["value"] in hidden), _SOURCES))
    if hidden:
        blocks.append(context.hidden_note())
    return blocks


def _more(context: Context, further: list[dict[str, Any]], hide: bool) -> str:
    """Return how many places are not listed, and how large they are at most.

    What they are together is a figure of no row. The first is the largest: hidden places, which follow, are smaller.
    """
    words, largest = context.words, further[0]
    parts = {"n": words.numbers.count(len(further))}
    key = "geography.more"
    if not hide and largest.get("share") is not None:
        parts["share"] = words.numbers.percent(largest["share"])
        key = "geography.more_estimated"
        if largest.get("n") is not None:
            parts["customers"] = words.customers(largest["n"])
            key = "geography.more_counted"
    return words.text(f"{key}_one" if len(further) == 1 else key, **parts)


def _chart_title(context: Context, group: str, rows: list[dict[str, Any]]) -> str:
    """Return which country leads; where two share the first place, only what is drawn."""
    words, first = context.words, rows[0]
    if len(rows) > 1 and rows[1]["share"] == first["share"]:
        return words.text(f"geography.title.{group}_tied")
    country, share = words.value("country", str(first["value"])), words.numbers.percent(first["share"])
    return words.text(f"geography.title.{group}", country=country, share=share)


def _left_out(context: Context, drawn: int, places: int, others: list[dict[str, Any]]) -> str:
    """Return how many countries are not drawn, and the shares of customers whose country is invalid or missing."""
    words, texts = context.words, [""]
    if places > drawn:
        parts = {"n": words.numbers.count(drawn), "places": words.numbers.count(places)}
        texts.append(words.text("geography.not_drawn", **parts))
    items = [
        words.text(
            "charts.value_n", value=words.value("country", str(row["value"])), n=words.numbers.percent(row["share"])
        )
        for row in others
        if row.get("share")
    ]
    if items:
        texts.append(words.text("geography.without_country", items=words.text("labels.semicolon").join(items)))
    return words.text("labels.sentence_space").join(texts)


def _chart(
    context: Context, group: str, rows: list[dict[str, Any]], places: int, others: list[dict[str, Any]]
) -> DotChart | BarChart:
    words = context.words
    left_out = _left_out(context, len(rows), places, others)
    labels = tuple(words.value("country", str(row["value"])) for row in rows)
    if group == "cohort_estimate":
        return BarChart(
            title=_chart_title(context, group, rows),
            axis=words.text("geography.estimate_axis"),
            labels=labels,
            values=tuple(row["share"] for row in rows),
            beside=tuple(words.numbers.percent(row["share"]) for row in rows),
            ticks=lambda value: words.numbers.percent(value, 0),
            note=words.text("geography.estimate_note") + left_out,
        )
    return DotChart(
        title=_chart_title(context, group, rows),
        axis=words.text("geography.share_axis"),
        rows=tuple(
            DotRow(
                label,
                (Point(row["share"], row.get("share_low"), row.get("share_high")),),
                words.text("charts.value_n", value=words.numbers.percent(row["share"]), n=context.n_text(row["n"])),
            )
            for label, row in zip(labels, rows, strict=True)
        ),
        ticks=lambda value: words.numbers.percent(value, 0),
        from_zero=True,
        note=words.text("charts.share_note") + left_out,
    )
