"""The rows of what changed since the last run: figures by cause, and what of them is hidden."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from jobs.reporting.context import WITHHELD, Context
from jobs.reporting.disclosure import hidden_cells, is_small
from jobs.reporting.sections import alerts

ENTERED, LEFT = "members_entered", "members_left"
MEMBERS = (ENTERED, LEFT)
SIZE = "n_cohort"
_CAUSES = ("customers", "definition", "unsplit")

# The rows of one figure, by cause.
ByCause = Mapping[str, Mapping[str, Any]]


def by_figure(context: Context) -> dict[str, dict[str, dict[str, Any]]]:
    """Return the rows by figure, then by cause."""
    found: dict[str, dict[str, dict[str, Any]]] = {}
    for row in context.rows.all("changes"):
        found.setdefault(str(row["figure"]), {})[str(row["cause"])] = row
    return found


def causes(context: Context) -> tuple[str, ...]:
    """Return the causes that have rows, in the order in which they apply."""
    present = {str(row["cause"]) for row in context.rows.all("changes")}
    return tuple(cause for cause in _CAUSES if cause in present)


def kind(figure: str) -> str:
    """Return what a figure is: a `count`, a `mean`, or a `difference` of means."""
    if "." not in figure or figure.endswith(".n"):
        return "count"
    return "difference" if figure.startswith("tier_ltv.") else "mean"


def states(context: Context, figure: str) -> tuple[float | None, ...]:
    """Return a figure's values: before, with the old definition today where that is a step, now."""
    rows = [by_figure(context).get(figure, {}).get(cause, {}) for cause in causes(context)]
    return tuple(rows[0].get("previous") if i == 0 else rows[i - 1].get("current") for i in range(len(rows) + 1))


def hidden_members(context: Context, cause: str) -> dict[str, str]:
    """Return the marks that stand for entered and left where either would show a small group; else nothing.

    The cohort's size before and after is printed, so entered minus left is known: among all pairs of counts
    with that difference, each pair of marks must stand for two at least.
    """
    rows = by_figure(context)
    counts = [rows.get(name, {}).get(cause, {}).get("current") for name in MEMBERS]
    entered, left = (None if count is None else int(count) for count in counts)
    if entered is None or left is None:
        return {}
    if any(_is_small(context, rows.get(SIZE, {}).get(cause, {}).get(end)) for end in ("previous", "current")):
        return dict.fromkeys(MEMBERS, WITHHELD)
    marks = member_marks(entered, left, context.minimum)
    return dict(zip(MEMBERS, marks, strict=True)) if marks else {}


def member_marks(entered: int, left: int, minimum: int) -> tuple[str, ...]:
    """Return the marks for two counts whose difference is known; nothing where neither is small."""
    if not is_small(entered, minimum) and not is_small(left, minimum):
        return ()
    shift = left - entered
    pairs = [(n, n + shift) for n in range(max(0, -shift), 2 * minimum + abs(shift))]
    hidden = [pair for pair in pairs if any(is_small(count, minimum) for count in pair)]
    alike = Counter(_marks(pair, minimum) for pair in hidden)
    return _marks((entered, left), minimum) if min(alike.values()) > 1 else (WITHHELD, WITHHELD)


def _marks(pair: tuple[int, int], minimum: int) -> tuple[str, ...]:
    return tuple(f"<{minimum}" if count < minimum else WITHHELD for count in pair)


def hidden_states(context: Context) -> dict[str, tuple[bool, ...]]:
    """Return the counts that are hidden: figure to one answer per state."""
    return context.rows.once("hidden changes", lambda: _hidden_states(context))


def _hidden_states(context: Context) -> dict[str, tuple[bool, ...]]:
    counted = [figure for figure in by_figure(context) if kind(figure) == "count" and figure not in MEMBERS]
    found = {figure: [_is_small(context, value) for value in states(context, figure)] for figure in counted}
    # The segments add up to all customers, before and now.
    segments = [figure for figure in counted if figure.startswith("segments.")]
    for i in range(len(causes(context)) + 1):
        counts = {name: int(value) for name in segments if (value := states(context, name)[i]) is not None}
        for name in hidden_cells(counts, [list(counts)], context.minimum):
            found[name][i] = True
    red = found.get("alerts.red.n")
    if red is not None and alerts.cells_of(context) and "red" in alerts.hidden_levels(context):
        red[-1] = True
    return {name: tuple(answers) for name, answers in found.items() if any(answers)}


def shows_small_group(context: Context, figure: str) -> bool:
    """Tell whether a mean, at any state, would show a small group: of members, of values, or of those flagged."""
    head, _, rest = figure.partition(".")
    group, _, measure = rest.rpartition(".")
    size = f"segments.{group}.n" if head == "segments" else SIZE
    if size in hidden_states(context):
        return True
    group = group if head == "segments" else "cohort"
    row = context.rows.one("measures", section=head, group_name=group, measure=measure) or {}
    if is_small(row.get("n"), context.minimum):
        return True
    return context.unit(measure) == "share" and any(
        is_small(count, context.minimum) for count in _flagged(states(context, figure), states(context, size))
    )


def _flagged(shares: tuple[float | None, ...], sizes: tuple[float | None, ...]) -> Iterator[int]:
    """Yield how many customers a share stands for, and how many it leaves."""
    for share, size in zip(shares, sizes, strict=True):
        if share is not None and size is not None:
            flagged = round(share * size)
            yield from (flagged, int(size) - flagged)


def _is_small(context: Context, value: float | None) -> bool:
    return value is not None and is_small(int(value), context.minimum)
