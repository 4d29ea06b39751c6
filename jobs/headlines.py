"""The few lines a run prints: what was found and where the report lies."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from jobs.attempt import Outcome
from jobs.availability import COHORT_NOT_COMPUTED, NOT_COMPUTED
from jobs.reporting.disclosure import hidden_cells

Row = Mapping[str, Any]
Rows = Mapping[str, Sequence[Row]]

_REASONS = {
    "missing_table": "table {table} is not there",
    "empty_table": "table {table} is empty",
    "missing_column": "table {table} has no column {column}",
}


def headline(outcome: Outcome) -> str:
    """Return the headline figures of an outcome, all of them from published rows."""
    rows = outcome.rows
    lines = [f"{outcome.definition.analysis} (run {outcome.run_id})", *_not_computed(rows)]
    if outcome.definition.cohort and len(lines) == 1:
        lines += _cohort_lines(rows)
    lines += _segment_lines(outcome)
    status = "published" if outcome.published_now else "nothing new: already published"
    lines.append(f"  {status}; report: {outcome.report_uri}")
    return "\n".join(lines)


def facts(outcome: Outcome) -> dict[str, Any]:
    """Return what a scheduler asks of an outcome, for the summary file."""
    rows = outcome.rows
    steps = sorted(rows["attrition"], key=lambda row: int(row["step"]))
    warned = [row for row in rows["quality"] if row["severity"] == "warning" and not row["passed"]]
    return {
        "analysis": outcome.definition.analysis,
        "run_id": outcome.run_id,
        "published_now": outcome.published_now,
        "report_uri": outcome.report_uri,
        "n_customers": steps[0]["n_remaining"] if steps else None,
        "n_cohort": steps[-1]["n_remaining"] if steps else None,
        "warnings": len(warned),
        "obstacles": len(rows["obstacles"]),
    }


def _not_computed(rows: Rows) -> Iterator[str]:
    """Yield one line per reason why there is no cohort, or nothing at all."""
    for row in rows["obstacles"]:
        if row["effect"] in (NOT_COMPUTED, COHORT_NOT_COMPUTED):
            reason = _REASONS[row["reason"]].format(table=row["table_name"], column=row["column_name"])
            yield f"  cannot be computed: {reason}"


def _cohort_lines(rows: Rows) -> Iterator[str]:
    steps = sorted(rows["attrition"], key=lambda row: int(row["step"]))
    population, cohort = steps[0]["n_remaining"], steps[-1]["n_remaining"]
    share = f" ({cohort / population:.1%})" if population else ""
    yield f"  {cohort:,} of {population:,} customers are in the cohort{share}"
    naive = _first(rows["method_sensitivity"], method="naive_join")
    if naive and naive["joined_rows"] is not None:
        yield f"  a naive join on the e-mail would count {naive['joined_rows']:,} rows instead"
    overall = _first(rows["comparisons"], section="tier_ltv", stratum="overall", group_b="peers")
    if overall and overall["difference"] is not None and overall["ci_low"] is not None:
        yield f"  mean LTV against other customers of the same tier: {_difference(overall)}"


def _segment_lines(outcome: Outcome) -> Iterator[str]:
    definition, rows = outcome.definition, outcome.rows
    options = definition.sections.segments
    found = {
        row["value"]: int(row["n"])
        for row in rows["distributions"]
        if row["section"] == "segments" and row["dimension"] == "segment"
    }
    if not (definition.segments and options and found):
        return
    least = definition.minimum_group
    # the sizes add up to the population, which a reader knows: a small one must not follow from the others
    hidden = hidden_cells(found, [tuple(found)], least)
    sizes = [f"{name} {_size(found[name], name in hidden, least)}" for name in definition.segments.names()]
    yield f"  customers by segment: {', '.join(sizes)}"
    compared = [
        row
        for model in options.measures
        for row in rows["comparisons"]
        if (row["section"], row["measure"]) == ("segments", model.column) and row["ci_low"] is not None
    ]
    large = (row for row in compared if min(row["n_a"], row["n_b"]) >= least)
    first = next(large, None)
    if first:
        yield f"  mean {first['measure']} of {first['group_a']} against {first['group_b']}: {_difference(first)}"


def _size(n: int, hidden: bool, least: int) -> str:
    if hidden:
        return f"fewer than {least}" if n < least else "(withheld)"
    return f"{n:,}"


def _difference(row: Row) -> str:
    return f"{row['difference']:+,.2f} (95% interval {row['ci_low']:+,.2f} to {row['ci_high']:+,.2f})"


def _first(rows: Sequence[Row], **wanted: str) -> Row | None:
    return next((row for row in rows if all(row[name] == value for name, value in wanted.items())), None)
