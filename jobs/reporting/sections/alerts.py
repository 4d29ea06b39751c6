"""Who needs attention: the rules, how many customers each finds, and what is at stake there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jobs.reporting import predicates
from jobs.reporting.cells import HiddenGrid, Pair, hidden_in_grid
from jobs.reporting.context import NOTHING, Context
from jobs.reporting.disclosure import is_small
from jobs.reporting.model import Block, Bullet, Bullets, Paragraph, Section, Source
from jobs.reporting.quality_notes import notes_for

_NAME = "alerts"
LEVELS = ("red", "amber")
NOBODY = "(none)"
_HEALTH, _LTV = "customer_health_score", "estimated_customer_ltv"
_CELLS = (Source("crosstabs", _NAME),)
_LEVELS = (Source("distributions", _NAME),)


def build(context: Context) -> Section:
    """Return the chapter on alerts."""
    words = context.words
    title = words.text("titles.alerts")
    if not context.has_cohort():
        return Section(_NAME, title, (Paragraph(context.no_cohort()),))
    if not cells_of(context):
        return Section(_NAME, title, (Paragraph(words.text("sections.no_rows")),))
    blocks: list[Block] = [
        Paragraph(levels_sentence(context), _LEVELS),
        Paragraph(words.text("alerts.intro")),
        Bullets(tuple(_rule(context, rule) for rule in _rules(context)), numbered=True),
        _levels_table(context),
        _table(context),
    ]
    grid = hidden_grid(context)
    if grid.cells or any(grid.sums):
        blocks.append(context.hidden_note())
    if any(part["column"] == _HEALTH for rule in _rules(context) for part in rule["all"]):
        blocks.append(Paragraph(words.text("alerts.by_construction")))
    blocks.extend(notes_for(context, _NAME))
    blocks.append(context.action(action(context) or ""))
    return Section(_NAME, title, tuple(blocks))


def cells_of(context: Context) -> dict[Pair, dict[str, Any]]:
    """Return the cohort's rows by rule and level; `(none)` where no rule matches."""
    rows = context.rows.all("crosstabs", section=_NAME, group_name="cohort")
    return {(str(row["row_value"]), str(row["column_value"])): row for row in rows}


def hidden_grid(context: Context) -> HiddenGrid:
    """Return the hidden cells, and the hidden sums by level (first) and by rule (second)."""
    counts = {cell: int(row["n"]) for cell, row in cells_of(context).items()}
    groupings = [{cell: cell[1] for cell in counts}, {cell: cell[0] for cell in counts}]
    return context.rows.once(_NAME, lambda: hidden_in_grid(counts, groupings, context.minimum))


def hidden_levels(context: Context) -> frozenset[str]:
    """Return the levels whose number of customers is hidden."""
    return hidden_grid(context).sums[0]


def hidden_rules(context: Context) -> frozenset[str]:
    """Return the rules whose number of customers is hidden."""
    return hidden_grid(context).sums[1]


def all_hidden(context: Context) -> bool:
    """Tell whether no level's number of customers may be printed."""
    return hidden_levels(context) >= set(LEVELS)


def levels_sentence(context: Context, *, by_rules: bool = False) -> str:
    """Return how many customers stand under each level of alert; `by_rules`: with the rules that lead there."""
    words = context.words
    parts = []
    for level in LEVELS:
        row = _level(context, level)
        n, hide = row.get("n") or 0, level in hidden_levels(context)
        key = "some" if n else "nobody"
        if hide:
            key = "small" if n < context.minimum else "withheld"
        parts.append(
            words.text(
                f"alerts.level.{key}",
                level=_with_rules(context, level) if by_rules else words.value("alert", level),
                n=NOTHING if hide else words.customers(n),
                share=NOTHING if hide else words.numbers.percent(row.get("share") or 0.0),
                minimum=words.numbers.count(context.minimum),
            )
        )
    return words.text("labels.sentence_space").join(parts)


def _with_rules(context: Context, level: str) -> str:
    """Return a level of alert with the names of the rules that lead to it, by themselves or lowered."""
    words = context.words
    leading = [rule for rule in _rules(context) if rule["level"] == level]
    lowered = [rule for rule in _rules(context) if (rule.get("downgrade") or {}).get("to") == level]
    cells = [(str(rule["name"]), level) for rule in (*leading, *lowered)]
    found, hidden = cells_of(context), hidden_grid(context).cells
    # how many each rule leads to, where there are several and every number may be printed
    is_counted = len(cells) > 1 and not set(cells) & hidden
    names = []
    for rule, cell in zip((*leading, *lowered), cells, strict=True):
        kind = ("counted_lowered" if is_counted else "lowered_rule") if rule in lowered else "counted_rule"
        parts = {
            "rule": words.segment(cell[0]),
            "n": context.n(found[cell]["n"] if cell in found else 0),
            "level": _in_sentence(words.value("alert", str(rule["level"]))),
        }
        is_plain = kind == "counted_rule" and not is_counted
        names.append(parts["rule"] if is_plain else words.text(f"alerts.{kind}", **parts))
    name = words.value("alert", level)
    listed = words.text("labels.semicolon").join(names)
    return words.text("alerts.by_rules", level=name, rules=listed) if names else name


def _in_sentence(name: str) -> str:
    return name[:1].lower() + name[1:]


def share(context: Context) -> float:
    """Return the share of the cohort under any alert."""
    return sum(float(_level(context, level).get("share") or 0.0) for level in LEVELS)


def action(context: Context) -> str | None:
    """Return what follows from the alerts."""
    if not context.has_cohort() or not cells_of(context):
        return None
    found = next((level for level in LEVELS if _level(context, level).get("n")), "nobody")
    owner = context.words.value("owner", _owner(context, found))
    analysis = str(context.definition["analysis"])
    return context.words.text(f"actions.alerts.{found}", owner=owner[:1].upper() + owner[1:], analysis=analysis)


def _owner(context: Context, level: str) -> str:
    """Return who acts on a level: the owner of the first strategy that a rule of the level names."""
    strategies = context.definition.get("strategies") or {}
    named = [str(rule["strategy"]) for rule in _rules(context) if rule["level"] == level and rule.get("strategy")]
    return next((str(strategies[name]["owner"]) for name in named if name in strategies), "customer_success")


def _level(context: Context, level: str) -> dict[str, Any]:
    return context.rows.one("distributions", section=_NAME, group_name="cohort", dimension="alert", value=level) or {}


def _rules(context: Context) -> list[Mapping[str, Any]]:
    return list(context.options(_NAME).get("rules") or ())


def _rule(context: Context, rule: Mapping[str, Any]) -> Bullet:
    """Return a rule in words: name, level, conditions, when it is lowered, what to do."""
    words = context.words
    text = predicates.all_in_words(context, rule)
    sentences = [words.text("alerts.conditions", conditions=text[:1].upper() + text[1:])]
    downgrade = rule.get("downgrade")
    if downgrade:
        lowered = predicates.all_in_words(context, downgrade)
        sentences.append(words.text("alerts.lowered", level=words.value("alert", downgrade["to"]), conditions=lowered))
    strategy = rule.get("strategy")
    if strategy:
        sentences.append(words.text("alerts.strategy", strategy=words.strategy(str(strategy))))
    lead = words.text(
        "alerts.rule", rule=words.segment(str(rule["name"])), level=words.value("alert", str(rule["level"]))
    )
    return Bullet(lead, words.text("labels.sentence_space").join(sentences))


def _levels_table(context: Context) -> Block:
    words = context.words
    lines = []
    for level in (*LEVELS, NOBODY):
        row = _level(context, level)
        if not row:
            continue
        hide = level in hidden_levels(context)
        figures = [NOTHING, NOTHING]
        if not hide:
            figures = [
                words.numbers.percent(row.get("share") or 0.0),
                context.share_interval(row.get("share_low"), row.get("share_high")),
            ]
        lines.append((words.value("alert", level), context.n(row.get("n"), hidden=hide), *figures))
    return context.table(("alert", "cohort_n", "cohort_share", "interval_95"), lines, sources=_LEVELS)


def _table(context: Context) -> Block:
    """Return a line per rule and level it led to, rules that match nobody included, and those without an alert."""
    cells = cells_of(context)
    lines = []
    for rule in _rules(context):
        name, level = str(rule["name"]), str(rule["level"])
        reached = [to for to in LEVELS if (name, to) in cells] or [level]
        for to in reached:
            lowered = context.words.text("alerts.lowered_mark", level=context.words.value("alert", to))
            shown = context.words.value("alert", to) if to == level else lowered
            lines.append(_line(context, (name, to), (context.words.segment(name), shown)))
    if (NOBODY, NOBODY) in cells:
        lines.append(_line(context, (NOBODY, NOBODY), (NOTHING, context.words.value("alert", NOBODY))))
    return context.table(
        ("rule", "alert", "cohort_n", "cohort_health", "interval_95", "cohort_ltv", "value_at_stake"),
        lines,
        texts=2,
        sources=_CELLS,
    )


def _line(context: Context, cell: Pair, names: tuple[str, str]) -> tuple[str, ...]:
    row = cells_of(context).get(cell)
    hide = cell in hidden_grid(context).cells
    figures = [context.n(0 if row is None else row["n"], hidden=hide), *[NOTHING] * 4]
    if row is not None and not hide and not is_small(row.get("n_health"), context.minimum):
        figures[1] = context.figure(_HEALTH, row.get("mean_health"))
        figures[2] = context.interval(_HEALTH, row.get("health_ci_low"), row.get("health_ci_high"))
    if row is not None and not hide and not is_small(row.get("n_ltv"), context.minimum):
        figures[3] = context.figure(_LTV, row.get("mean_ltv"))
        stake = row.get("value_at_stake")
        figures[4] = NOTHING if stake is None else context.words.numbers.money(stake)
    return (*names, *figures)
