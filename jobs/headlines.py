"""The few lines a run prints: what was found and where the report lies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from jobs.run import Outcome


def headline(outcome: Outcome) -> str:
    """Return the headline figures of an outcome, all of them from published rows."""
    rows = outcome.rows
    lines = [f"{outcome.definition.analysis} (run {outcome.run_id})"]
    lines.append(_cohort_line(rows))
    naive = _first(rows["method_sensitivity"], method="naive_join")
    if naive and naive["joined_rows"] is not None:
        lines.append(f"  a naive join on the e-mail would count {naive['joined_rows']:,} rows instead")
    overall = _first(rows["comparisons"], section="tier_ltv", stratum="overall", group_b="peers")
    if overall and overall["difference"] is not None and overall["ci_low"] is not None:
        lines.append(
            f"  mean LTV against other customers of the same tier: {overall['difference']:+,.2f}"
            f" (95% interval {overall['ci_low']:+,.2f} to {overall['ci_high']:+,.2f})"
        )
    status = "published" if outcome.published_now else "nothing new: already published"
    lines.append(f"  {status}; report: {outcome.report_uri}")
    return "\n".join(lines)


def _cohort_line(rows: Mapping[str, Sequence[Mapping[str, Any]]]) -> str:
    steps = sorted(rows["attrition"], key=lambda row: int(row["step"]))
    population, cohort = steps[0]["n_remaining"], steps[-1]["n_remaining"]
    share = f" ({cohort / population:.1%})" if population else ""
    return f"  {cohort:,} of {population:,} customers are in the cohort{share}"


def _first(rows: Sequence[Mapping[str, Any]], **wanted: str) -> Mapping[str, Any] | None:
    return next((row for row in rows if all(row[name] == value for name, value in wanted.items())), None)
