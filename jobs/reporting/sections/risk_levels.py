"""Mean health per level of risk or of velocity: what the tests of the chapter are about.

No numbers of customers stand here: beside the cells of the grid they would give small cells away.
"""

from __future__ import annotations

from typing import Any

from jobs.reporting.context import NOTHING, Context
from jobs.reporting.model import Block, Paragraph, Source
from jobs.reporting.sections import risk_grid
from jobs.reporting.verdicts import Verdict
from jobs.reporting.words import REMAINDERS, in_order

_HEALTH = "customer_health_score"
_GROUPS = ("cohort", "population")
_TELLING = (Verdict.DIFFERENCE, Verdict.NOT_AFTER_CORRECTION)
_SOURCES = (Source("crosstabs", risk_grid.SECTION),)
_HEADS = {risk_grid.RISK: "risk", risk_grid.VELOCITY: "velocity"}
_SMALL = 0.01
Level = tuple[str, dict[str, Any]]


def listed(context: Context) -> list[str]:
    """Return the dimensions whose levels are printed: where a test shows a difference, corrected or not, in a group."""
    return [
        dimension
        for dimension in _HEADS
        if risk_grid.levels_of(context, "cohort", dimension)
        and any(risk_grid.test_of(context, group, dimension)[0] in _TELLING for group in _GROUPS)
    ]


def build(context: Context, dimension: str) -> list[Block]:
    """Return which levels lie at the ends, and mean health with its interval per level."""
    words = context.words
    blocks: list[Block] = []
    if text := sentence(context, dimension):
        blocks.append(Paragraph(text, _SOURCES))
    rows = {group: risk_grid.levels_of(context, group, dimension) for group in _GROUPS}
    lines, tiny = [], 0
    for level in in_order(dimension, sorted({*rows["cohort"], *rows["population"]})):
        found = [rows[group].get(level) for group in _GROUPS]
        shown = [_is_shown(context, group, dimension, row) for group, row in zip(_GROUPS, found, strict=True)]
        if not any(shown):
            tiny += 1
            continue
        texts = [_mean(context, row) if is_shown else (NOTHING, NOTHING)
                 for row, is_shown in zip(found, shown, strict=True)]  # fmt: skip
        lines.append((words.value(dimension, level), *(text for pair in texts for text in pair)))
    if tiny:
        lines.append((words.further_values(tiny), *[NOTHING] * 4))
    columns = (_HEADS[dimension], "cohort_health", "interval_95", "population_health", "interval_95")
    blocks.append(context.table(columns, lines, sources=_SOURCES))
    blocks.append(Paragraph(words.text("risk_velocity.levels_without_n")))
    return blocks


def sentence(context: Context, dimension: str) -> str | None:
    """Return the cohort's levels of highest and lowest mean health; None where levels are not printed, or below two."""
    found = ends(context, dimension)
    if found is None:
        return None
    parts = {"dimension": context.words.measure(dimension)}
    for name, (level, row) in zip(("high", "low"), found, strict=True):
        parts[name] = context.words.value(dimension, level)
        parts[f"{name}_mean"], parts[f"{name}_interval"] = _mean(context, row)
    return context.words.text("risk_velocity.level_ends", **parts)


def ends(context: Context, dimension: str) -> tuple[Level, Level] | None:
    """Return the levels of highest and lowest mean health in the cohort, among those of a hundredth of it."""
    if dimension not in listed(context):
        return None
    rows = [
        (level, row)
        for level, row in risk_grid.levels_of(context, "cohort", dimension).items()
        if level not in REMAINDERS and int(row.get("n_health") or 0) >= context.least_in_headlines()
    ]
    if len(rows) < 2:
        return None
    ranked = sorted(rows, key=lambda item: (-item[1]["mean_health"], item[0]))
    return ranked[0], ranked[-1]


def _is_shown(context: Context, group: str, dimension: str, row: dict[str, Any] | None) -> bool:
    """Tell whether a level's mean may be printed: not of a handful, and of a small level only without hidden cells.

    Beside the means of the other cells, that of a small level would come close to what a hidden cell holds.
    """
    if row is None or int(row.get("n_health") or 0) < context.minimum:
        return False
    whole = context.rows.cohort_size() if group == "cohort" else context.rows.population_size()
    if int(row["n_health"]) >= whole * _SMALL:
        return True
    side = list(_HEADS).index(dimension)
    return not any(cell[side] == row["row_value"] for cell in risk_grid.hidden_grid(context, group).cells)


def _mean(context: Context, row: dict[str, Any] | None) -> tuple[str, str]:
    """Return mean health and its interval."""
    if row is None:
        return (NOTHING, NOTHING)
    interval = context.interval(_HEALTH, row.get("health_ci_low"), row.get("health_ci_high"))
    return (context.figure(_HEALTH, row["mean_health"]), interval)
