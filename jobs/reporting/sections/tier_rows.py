"""The rows of the comparison by tier: which may be printed, and in which direction they point."""

from __future__ import annotations

from typing import Any

from jobs.reporting.context import Context
from jobs.reporting.disclosure import hidden_cells
from jobs.reporting.verdicts import Verdict, of_comparison
from jobs.reporting.words import in_order, other_spellings

SECTION = "tier_ltv"
LTV = "estimated_customer_ltv"


def overall(context: Context) -> dict[str, Any] | None:
    """Return the weighted comparison over all tiers."""
    return context.rows.one("comparisons", section=SECTION, stratum="overall", group_b="peers")


def tiers(context: Context) -> list[dict[str, Any]]:
    """Return the comparison with peers per tier, in order of the tiers."""
    rows = {r["stratum"]: r for r in context.rows.all("comparisons", section=SECTION, group_b="peers")}
    rows.pop("overall", None)
    return [rows[name] for name in in_order("customer_tier", list(rows))]


def hidden_tiers(context: Context) -> frozenset[str]:
    """Return the tiers whose whole line is hidden: a small group in either column, or its protection."""
    return context.rows.once("hidden tiers", lambda: _hidden_tiers(context))


def _hidden_tiers(context: Context) -> frozenset[str]:
    hidden: frozenset[str] = frozenset()
    # The overall figure is the only printed sum, and tiers without a contribution are not in it.
    summed = [str(row["stratum"]) for row in tiers(context) if row.get("contribution") is not None]
    for side in ("n_a", "n_b"):
        counts = {str(row["stratum"]): int(row.get(side) or 0) for row in tiers(context)}
        hidden |= hidden_cells(counts, [summed], context.minimum, zero_is_small=True)
    return hidden


def shown_tiers(context: Context) -> list[dict[str, Any]]:
    """Return the tiers whose figures may be printed."""
    hidden = hidden_tiers(context)
    return [row for row in tiers(context) if row["stratum"] not in hidden]


def spellings(rows: list[dict[str, Any]]) -> set[str]:
    """Return the tiers that are another spelling of a tier of more customers."""
    return other_spellings({str(row["stratum"]): int(row.get("n_a") or 0) + int(row.get("n_b") or 0) for row in rows})


def drawn_tiers(context: Context) -> list[dict[str, Any]]:
    """Return the tiers of the charts: other spellings of a tier that hardly anybody has are in the tables only."""
    shown = shown_tiers(context)
    stray = spellings(shown)
    least = context.least_in_headlines()
    return [row for row in shown if row["stratum"] not in stray or (row.get("n_a") or 0) >= least]


def directions(context: Context) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return the tiers whose difference stands on its own: upwards, downwards; tiers of a few are left out."""
    standing = [
        row
        for row in shown_tiers(context)
        if of_comparison(row, context.minimum) is Verdict.DIFFERENCE and row["n_a"] >= context.least_in_headlines()
    ]
    return [r for r in standing if r["difference"] > 0], [r for r in standing if r["difference"] < 0]


def is_mixed(context: Context) -> bool:
    """Tell whether single tiers say something else than the overall figure."""
    higher, lower = directions(context)
    row = overall(context)
    if row is None or not (higher or lower):
        return False
    if of_comparison(row, context.minimum) is not Verdict.DIFFERENCE:
        return True
    return bool(lower if row["difference"] > 0 else higher)


def by_direction(context: Context) -> str:
    """Return which tiers go up and which down, with their differences."""
    words = context.words
    parts = []
    for side, rows in zip(("higher", "lower"), directions(context), strict=True):
        names = [
            words.text(
                "tier_ltv.with_change", tier=tier_name(context, row), change=context.change(LTV, row["difference"])
            )
            for row in rows
        ]
        if names:
            parts.append(words.text(f"tier_ltv.direction.{side}", tiers=words.listing(names)))
    return words.text("labels.semicolon").join(parts)


def tier_name(context: Context, row: dict[str, Any]) -> str:
    """Return the name of a tier, or of all tiers together."""
    if row["stratum"] == "overall":
        return context.words.text("tier_ltv.overall")
    return context.words.value("customer_tier", str(row["stratum"]))
