"""The rows of segments: who they are, what is compared, and which of their figures are hidden."""

from __future__ import annotations

from typing import Any

from jobs.reporting.context import Context
from jobs.reporting.disclosure import hidden_cells, is_small
from jobs.reporting.verdicts import Verdict, of_comparison

SECTION = "segments"
POPULATION = "population"
OTHERS = "others"
LTV = "estimated_customer_ltv"
HEALTH = "customer_health_score"
CHURN = "churn_probability"
AGE = "account_age_days"
WEIGHTED = "weighted_rfm"
CONSISTENCY = "cross_stage_engagement_consistency"
Group = tuple[str, str]
_EXACT = 1e-6


def names(context: Context) -> list[str]:
    """Return the segments in the order of their rules, the remainder last."""
    segments = context.definition.get("segments") or {}
    remainder = (segments.get("remainder") or {}).get("name") or "remainder"
    return [*(str(rule["name"]) for rule in segments.get("rules") or ()), str(remainder)] if segments else []


def sizes(context: Context) -> dict[str, int]:
    """Return the number of customers per segment, in order."""
    rows = context.rows.all("distributions", section=SECTION, group_name=POPULATION, dimension="segment")
    found: dict[str, int] = {str(row["value"]): row.get("n") or 0 for row in rows}
    if not found:  # an analysis may ask for consistency alone: a group is who has a value and who has none
        measured = context.rows.all("measures", section="consistency")
        found = {str(row["group_name"]): int(row.get("n") or 0) + int(row.get("n_missing") or 0) for row in measured}
    return {name: found[name] for name in names(context) if name in found}


def filled(context: Context) -> list[str]:
    """Return the segments that hold anybody."""
    return [name for name, n in sizes(context).items() if n > 0]


def drawn(context: Context) -> list[str]:
    """Return the groups side by side in tables and charts: segments, who the leading one is compared with, everybody.

    Two segments that hold everybody are each other's others, so those others are no group of their own.
    """
    segments = filled(context)
    leading = leading_pair(context)
    others = [leading[1]] if leading and len(segments) > 2 and leading[1] not in segments else []
    return [*segments, *others, POPULATION]


def pairs(context: Context) -> list[Group]:
    """Return the compared groups, as the definition lists them; all others of `a` are `not_a`."""
    listed = context.options(SECTION).get("compare") or ()
    return [(str(p["a"]), f"not_{p['a']}" if p["b"] == OTHERS else str(p["b"])) for p in listed]


def leading_pair(context: Context) -> Group | None:
    """Return the pair that the headlines speak of: the first whose groups may be shown."""
    hidden = hidden_segments(context)
    full = {*filled(context), *(f"not_{name}" for name in filled(context))}
    return next((pair for pair in pairs(context) if set(pair) <= full and not set(pair) & hidden), None)


def hidden_segments(context: Context) -> frozenset[str]:
    """Return the groups of which no figure is printed: small segments and those that protect them.

    A segment that is compared with all others is hidden, too, where those others are few.
    """
    return context.rows.once("hidden segments", lambda: _hidden_groups(context, sizes(context)))


def hidden_for(context: Context, section: str, measure: str) -> frozenset[str]:
    """Return the groups whose figures of one measure are hidden: few of them may hold a value."""
    return context.rows.once((section, measure, "hidden"), lambda: _hidden_for(context, section, measure))


def _hidden_for(context: Context, section: str, measure: str) -> frozenset[str]:
    rows = {str(row["group_name"]): row for row in context.rows.all("measures", section=section, measure=measure)}
    counts = {name: int(rows[name].get("n") or 0) for name in names(context) if name in rows}
    hidden = hidden_segments(context) | _hidden_groups(context, counts)
    if any(_shows_few(context, rows[name]) for name in (*counts, POPULATION) if name in rows):
        return hidden | set(rows)
    return hidden


def _hidden_groups(context: Context, counts: dict[str, int]) -> frozenset[str]:
    hidden = set(hidden_cells(counts, [list(counts)], context.minimum))
    total = sum(counts.values())
    for a, b in pairs(context):
        if b == f"not_{a}" and is_small(total - counts.get(a, 0), context.minimum):
            hidden.add(a)
    if is_small(total, context.minimum):
        hidden |= {*counts, POPULATION}
    return frozenset(hidden | {f"not_{name}" for name in hidden})


def _shows_few(context: Context, row: dict[str, Any]) -> bool:
    """Tell whether a share counts a small group: its values are only 0 and 1, and few are the one or the other."""
    n, mean, deviation = int(row.get("n") or 0), row.get("mean"), row.get("stddev")
    if row.get("unit") != "share" or mean is None or deviation is None or n < 2:
        return False
    is_flag = abs(deviation**2 - mean * (1 - mean) * n / (n - 1)) < _EXACT
    flagged = round(mean * n)
    return is_flag and (is_small(flagged, context.minimum) or is_small(n - flagged, context.minimum))


def measure_row(context: Context, section: str, group: str, measure: str) -> dict[str, Any] | None:
    """Return a group's row of a measure; None where there is none or it is hidden."""
    if group in hidden_for(context, section, measure):
        return None
    return context.rows.one("measures", section=section, group_name=group, measure=measure)


def measures(context: Context, section: str) -> list[str]:
    """Return the measures that have rows: those of the definition in its order, then the others by first row."""
    present = dict.fromkeys(str(row["measure"]) for row in context.rows.all("measures", section=section))
    named = [str(item["column"]) for item in context.options(section).get("measures") or ()]
    return [name for name in named if name in present] + sorted(set(present) - set(named), key=_known_order)


def _known_order(measure: str) -> tuple[int, str]:
    known = CONSISTENCY_ORDER.index(measure) if measure in CONSISTENCY_ORDER else len(CONSISTENCY_ORDER)
    return (known, measure)


CONSISTENCY_ORDER = (
    CONSISTENCY,
    "rfm_consistency",
    "rfm_variance",
    "revenue_velocity_monthly",
    "ltv_velocity_monthly",
    "monetary_imbalance",
    "inactivity_ratio",
    "activity_efficiency_proxy",
    "health_index",
)


def comparison(context: Context, section: str, pair: Group, measure: str) -> dict[str, Any] | None:
    """Return the row that compares two groups, whatever may be said of it."""
    a, b = pair
    return context.rows.one("comparisons", section=section, measure=measure, group_a=a, group_b=b)


def verdict(context: Context, section: str, row: dict[str, Any]) -> Verdict:
    """Return what may be said of two groups; a hidden group counts as too small."""
    hidden = hidden_for(context, section, str(row["measure"]))
    if {row["group_a"], row["group_b"]} & hidden:
        return Verdict.TOO_SMALL
    return of_comparison(row, context.minimum)


def is_by_definition(context: Context, section: str, measure: str) -> bool:
    """Tell whether any comparison of the measure is marked as following from the segments' rules."""
    return bool(context.rows.all("comparisons", section=section, measure=measure, by_definition=True))


def ltv_share(context: Context, segment: str) -> dict[str, Any] | None:
    """Return the row of the share of lifetime value that a segment holds; None where it is hidden."""
    if segment in hidden_for(context, SECTION, LTV) | hidden_segments(context):
        return None
    found = context.rows.one(
        "distributions", section=SECTION, group_name=POPULATION, dimension="ltv_share", value=segment
    )
    shown = found is not None and found.get("share") is not None and not is_small(found.get("n"), context.minimum)
    return found if shown else None


def in_group(context: Context, group: str) -> str:
    """Return 'in the segment Basic Tier', 'among all customers', as sentences on one group say it."""
    if group == POPULATION:
        return context.words.text("labels.in_population")
    return context.words.text("segments.in_segment", segment=context.words.segment(group))


def head(context: Context, group: str) -> str:
    """Return the name of a group as it stands at the head of a line."""
    text = context.words.segment(group)
    return text[:1].upper() + text[1:]
