"""One row of the table `comparisons`."""

from __future__ import annotations

from typing import Any

from jobs.inference import Difference, Moments, mean_interval


def comparison_row(
    section: str,
    stratum: str,
    measure: str,
    a: tuple[str, Moments],
    b: tuple[str, Moments],
    found: Difference,
    *,
    contribution: float | None = None,
    by_definition: bool = False,
) -> dict[str, Any]:
    """Return the row for group a against group b; `p_adjusted` is filled over the whole family later."""
    a_low, a_high = mean_interval(a[1])
    b_low, b_high = mean_interval(b[1])
    return {
        "section": section,
        "stratum": stratum,
        "measure": measure,
        "group_a": a[0],
        "n_a": a[1].n,
        "mean_a": a[1].mean,
        "mean_a_low": a_low,
        "mean_a_high": a_high,
        "group_b": b[0],
        "n_b": b[1].n,
        "mean_b": b[1].mean,
        "mean_b_low": b_low,
        "mean_b_high": b_high,
        "difference": found.difference,
        "ratio": found.ratio,
        "relative_difference": found.relative,
        "contribution": contribution,
        "ci_low": found.ci_low,
        "ci_high": found.ci_high,
        "rel_ci_low": found.rel_ci_low,
        "rel_ci_high": found.rel_ci_high,
        "effect_size": found.effect_size,
        "p_value": found.p_value,
        "p_adjusted": None,
        "by_definition": by_definition,
    }
