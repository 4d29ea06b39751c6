"""What to do, in order of what is at stake."""

from __future__ import annotations

from typing import Any

from jobs.reporting import predicates
from jobs.reporting.charts.specifications import BarChart
from jobs.reporting.context import NOTHING, Context
from jobs.reporting.disclosure import is_small
from jobs.reporting.model import Block, Bullet, Bullets, Figure, Heading, Paragraph, Section, Source
from jobs.reporting.sections import (
    alerts,
    consistency,
    geography,
    index_grid,
    mixes,
    platforms,
    risk_grid,
    risk_velocity,
    segment_actions,
    segment_membership,
    segment_rows,
    tier_ltv,
    value_risk,
)

_NAME = "recommendations"
_SOURCES = (Source("strategies"),)
# segment of the row of all customers no strategy is for
_NOBODYS = "(none)"
# what is recommended for, where groups are cut by a grade of risk, and the columns that are such grades
_BY_RISK = ("framework_segment", "value_risk", "indices")
_RISKS = ("activity_risk_level", "risk_category")
_FINDINGS = {
    "tier_ltv": tier_ltv.action,
    "channels": mixes.action,
    "platforms": platforms.action,
    "risk_velocity": risk_velocity.action,
    "geography": geography.action,
    "alerts": alerts.action,
}


def build(context: Context) -> Section:
    """Return the chapter on recommendations."""
    words = context.words
    title = words.text("titles.recommendations")
    if context.is_about_cohort and not context.has_cohort():
        return Section(_NAME, title, (Paragraph(context.no_cohort()),))
    blocks: list[Block] = []
    rows = ranked(context)
    if rows:
        blocks.extend(_strategies(context, rows))
    actions = [(name, make(context)) for name, make in _FINDINGS.items() if context.wants(name)]
    if context.wants("segments"):
        actions += [("segments", text) for text in segment_actions.actions(context)]
    if context.wants("consistency"):
        actions.append(("consistency", consistency.action(context)))
    items = tuple(
        Bullet(words.text("labels.lead", text=words.text(f"titles.{name}")), text) for name, text in actions if text
    )
    if items:
        blocks.append(Heading(words.text("recommendations.from_findings")))
        blocks.append(Bullets(items, numbered=True))
    if not blocks:
        blocks.append(Paragraph(words.text("sections.no_rows")))
    return Section(_NAME, title, tuple(blocks))


def ranked(context: Context) -> list[dict[str, Any]]:
    """Return the strategies, the largest value at stake first."""
    rows = [row for row in context.rows.all("strategies") if row["segment"] != _NOBODYS]
    return sorted(rows, key=lambda row: int(row["priority"]))


def others(context: Context) -> dict[str, Any] | None:
    """Return what is at stake among customers no strategy is for; None where it would show a small group."""
    row = context.rows.one("strategies", segment=_NOBODYS)
    if row is None or is_small(row["n"], context.minimum) or any(is_hidden(context, one) for one in ranked(context)):
        return None
    return None if _hidden(context) else row


def is_hidden(context: Context, row: dict[str, Any]) -> bool:
    """Tell whether a strategy's figures would show a small group: its cell is hidden elsewhere, too."""
    return is_small(row["n"], context.minimum) or str(row["segment"]) in _hidden(context)


def _hidden(context: Context) -> set[str]:
    """Return the recommended segments whose figures another chapter hides."""
    recommended = context.definition.get("recommend")
    if recommended == "segments":
        without_value = segment_rows.hidden_for(context, segment_rows.SECTION, segment_rows.LTV)
        return {*segment_rows.hidden_segments(context), *without_value}
    if recommended == "alerts":
        return set(alerts.hidden_rules(context))
    if recommended == "framework_segment":
        return set(risk_grid.hidden_segments(context))
    grid = index_grid if recommended == "indices" else value_risk
    return {f"{value}/{risk}" for value, risk in grid.hidden_grid(context)}


def first_sentence(context: Context, *, names_all: bool = False) -> str | None:
    """Return where most is at stake and what is due first; `names_all`: every other group with a strategy, too."""
    rows = [row for row in ranked(context) if not is_hidden(context, row)]
    if not rows:
        return None
    top = rows[0]
    told = [top]
    texts = [_step_sentence(context, top, "first")]
    soonest = min(rows, key=lambda row: (int(row["due_days"]), int(row["priority"])))
    if int(soonest["due_days"]) < int(top["due_days"]):
        told.append(soonest)
        texts.append(_step_sentence(context, soonest, "due"))
    if names_all and (further := _further_sentence(context, [row for row in rows if row not in told])):
        texts.append(further)
    rest = others(context)
    if _leads(rest, top):
        texts.append(_others_sentence(context, rest or {}, "more_without"))
    return context.words.text("labels.sentence_space").join(texts)


def _leads(rest: dict[str, Any] | None, top: dict[str, Any]) -> bool:
    """Tell whether more is at stake among customers without a strategy than in any group with one."""
    return rest is not None and (rest["value_at_stake"] or 0.0) > (top["value_at_stake"] or 0.0)


def _step_sentence(context: Context, row: dict[str, Any], key: str) -> str:
    words = context.words
    return words.text(
        f"recommendations.{key}",
        segment=words.segment(str(row["segment"])),
        stake=words.numbers.money(row["value_at_stake"] or 0.0),
        n=words.customers(row["n"]),
        strategy=words.strategy(str(row["strategy"])),
        step=words.defined(_strategy(context, row).get("first_step"), ""),
        owner=_owner(context, row),
        days=words.numbers.count(row["due_days"]),
    )


def _further_sentence(context: Context, rows: list[dict[str, Any]]) -> str | None:
    """Return the strategies of further groups; None where there is none."""
    if not rows:
        return None
    words = context.words
    items = [
        words.text(
            "recommendations.next_item",
            segment=words.segment(str(row["segment"])),
            strategy=words.strategy(str(row["strategy"])),
            stake=words.numbers.money(row["value_at_stake"] or 0.0),
            n=words.customers(row["n"]),
        )
        for row in rows
    ]
    key = "next" if len(rows) > 1 else "next_one"
    return words.text(f"recommendations.{key}", items=words.text("labels.semicolon").join(items))


def _others_sentence(context: Context, row: dict[str, Any], key: str) -> str:
    words = context.words
    return words.text(
        f"recommendations.{key}",
        n=words.customers(row["n"]),
        stake=words.numbers.money(row["value_at_stake"] or 0.0),
    )


def _is_about_segments(context: Context) -> bool:
    """Tell whether strategies are for all customers of a segment, not for the cohort's alone."""
    return context.definition.get("recommend") == "segments"


def _strategy(context: Context, row: dict[str, Any]) -> dict[str, Any]:
    return dict((context.definition.get("strategies") or {}).get(row["strategy"]) or {})


def _owner(context: Context, row: dict[str, Any]) -> str:
    return context.words.value("owner", str(row["owner"]))


def _strategies(context: Context, rows: list[dict[str, Any]]) -> list[Block]:
    words = context.words
    blocks: list[Block] = []
    first = first_sentence(context)
    if first:
        blocks.append(Paragraph(first, _SOURCES))
    blocks.append(Paragraph(_stake(context)))
    shown = [row for row in rows if not is_hidden(context, row)]
    if shown:
        chart = _chart(context.for_charts, shown)
        blocks.append(Figure("value_at_stake", words.text("recommendations.alt", title=chart.title), chart, _SOURCES))
    table = [_line(context, row) for row in rows]
    blocks.append(
        context.table(
            ("priority", "segment", "strategy", "first_step", "owner", "due",
             "customers" if _is_about_segments(context) else "cohort_n", "value_at_stake", "kpi",
             "kpi_now", "kpi_target", "kpi_alarm"),
            table,
            texts=6,
            sources=_SOURCES,
        )
    )  # fmt: skip
    if len(shown) < len(rows):
        blocks.append(context.hidden_note())
    if any(row.get("kpi_target") is not None for row in shown):
        blocks.append(Paragraph(words.text("recommendations.kpi_basis")))
    if (rest := others(context)) is not None:
        blocks.append(Paragraph(_others_sentence(context, rest, "without"), _SOURCES))
    if _is_about_segments(context):
        blocks.extend(_without_strategy(context))
    return blocks


def _stake(context: Context) -> str:
    """Return what the stake is; where groups are named by their risk, that the risk does not enter it."""
    words = context.words
    text = words.text("recommendations.stake")
    if not _rests_on_risk(context):
        return text
    return text + words.text("labels.sentence_space") + words.text("recommendations.stake_without_risk")


def _rests_on_risk(context: Context) -> bool:
    """Tell whether the groups with a strategy are cut by a risk level or a risk index."""
    recommended = context.definition.get("recommend")
    if recommended in _BY_RISK:
        return True
    groups = context.definition.get("segments") if recommended == "segments" else context.options("alerts")
    conditions = predicates.conditions((groups or {}).get("rules") or ())
    return any(one.get("column") in _RISKS for one in conditions)


def _without_strategy(context: Context) -> list[Block]:
    """Return, per segment that no strategy is for, that it has none and how much value it holds."""
    rules = context.definition.get("segments") or {}
    models = [*(rules.get("rules") or ()), rules.get("remainder") or {}]
    bare = {model.get("name") for model in models if not model.get("strategy")}
    source = (Source("distributions", segment_rows.SECTION),)
    space = context.words.text("labels.sentence_space")
    blocks: list[Block] = []
    for name in segment_rows.filled(context):
        if name in bare:
            texts = [context.words.text("recommendations.no_strategy", segment=context.words.segment(name))]
            texts.append(segment_membership.held_sentence(context, name) or "")
            blocks.append(Paragraph(space.join(text for text in texts if text), source))
    return blocks


def _line(context: Context, row: dict[str, Any]) -> tuple[str, ...]:
    words = context.words
    hide = is_hidden(context, row)
    kpi = str(row["kpi"])
    figures = [NOTHING] * 4
    if not hide:
        figures = [
            NOTHING if row.get("value_at_stake") is None else words.numbers.money(row["value_at_stake"]),
            *(context.figure(kpi, row.get(name)) for name in ("kpi_now", "kpi_target", "kpi_alarm")),
        ]
    return (
        words.numbers.count(row["priority"]),
        words.segment(str(row["segment"])),
        words.strategy(str(row["strategy"])),
        words.defined(_strategy(context, row).get("first_step"), ""),
        _owner(context, row),
        words.text("recommendations.days", n=words.numbers.count(row["due_days"])),
        context.n(row["n"], hidden=hide),
        figures[0],
        words.title(kpi),
        *figures[1:],
    )


def _called(context: Context, row: dict[str, Any]) -> str:
    if row["segment"] == _NOBODYS:
        return context.words.text("recommendations.nobodys")
    return context.words.segment(str(row["segment"]))


def _chart(context: Context, rows: list[dict[str, Any]]) -> BarChart:
    words = context.words
    top = rows[0]
    rest = others(context)
    bars = rows if rest is None else [*rows, rest]
    return BarChart(
        title=words.text(
            f"recommendations.chart_title{'_rest' if _leads(rest, top) else ''}",
            segment=words.segment(str(top["segment"])),
            stake=words.numbers.money(top["value_at_stake"] or 0.0),
            rest=words.numbers.money((rest or {}).get("value_at_stake") or 0.0),
        ),
        axis=words.text("recommendations.axis", currency=words.numbers.currency_name()),
        labels=tuple(_called(context, row) for row in bars),
        values=tuple(row.get("value_at_stake") for row in bars),
        beside=tuple(
            words.text(
                "charts.value_n",
                value=words.numbers.money(row.get("value_at_stake") or 0.0),
                n=context.n_text(row["n"]),
            )
            for row in bars
        ),
        ticks=words.numbers.money,
        note=words.text(f"recommendations.chart_note{'_segments' if _is_about_segments(context) else ''}"),
        ends_with_rest=rest is not None,
    )
