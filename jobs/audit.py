"""Compare what the result tables hold of an attempt with what was computed, before anybody can see it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from jobs.analysis import Computed
from jobs.errors import AuditError
from jobs.sections.segments import SECTION as SEGMENTS
from transforms import columns as c

Rows = Mapping[str, Sequence[Mapping[str, Any]]]


def audit(computed: Computed, rows: Rows, n_members: int) -> None:
    """Check the rows read back: none lost, no column lost, counts that add up, members that are the cohort.

    Raises:
        AuditError: The first thing that does not agree.
    """
    for table, expected in computed.rows.items():
        if len(rows[table]) != len(expected):
            raise AuditError(f"{table} holds {len(rows[table])} rows of this attempt; {len(expected)} were computed")
        if expected and (lost := set(expected[0]) - set(rows[table][0])):
            # an engine may drop what a table that somebody replaced meanwhile has no column for
            raise AuditError(f"{table} has no column {', '.join(sorted(lost))} any more")
    _check_members(computed, rows, n_members)
    segments = _check_segments(computed, rows)
    _check_cells(rows, {c.COHORT: computed.n_cohort or 0, c.POPULATION: computed.n_customers, **segments})


def _check_members(computed: Computed, rows: Rows, n_members: int) -> None:
    if computed.n_cohort is None:
        if n_members:
            raise AuditError(f"cohort_members holds {n_members} customers; the analysis has no cohort")
        return
    last = max(rows["attrition"], key=lambda row: int(row["step"]))["n_remaining"]
    if not n_members == computed.n_cohort == last:
        raise AuditError(
            f"cohort_members holds {n_members} customers; the cohort has {computed.n_cohort}, "
            f"the last step of attrition {last}"
        )


def _check_segments(computed: Computed, rows: Rows) -> dict[str, int]:
    """Return the size of every segment; together they are the population."""
    sizes = {
        row["value"]: int(row["n"])
        for row in rows["distributions"]
        if row["section"] == SEGMENTS and row["dimension"] == c.SEGMENT
    }
    if sizes and sum(sizes.values()) != computed.n_customers:
        raise AuditError(f"segments add up to {sum(sizes.values())} customers; expected {computed.n_customers}")
    return sizes


def _check_cells(rows: Rows, sizes: Mapping[str, int]) -> None:
    """Check that the cells of every cross-table add up to its group."""
    totals: Counter[tuple[str, ...]] = Counter()
    for row in rows["crosstabs"]:
        dimensions = [name for name in (row["row_dimension"], row["column_dimension"]) if name]
        totals[row["section"], row["group_name"], *dimensions] += int(row["n"])
    for (section, group, *dimensions), total in totals.items():
        if total != sizes[group]:
            place = f"{section}/{group}/{' x '.join(dimensions)}"
            raise AuditError(f"crosstabs {place} add up to {total}; expected {sizes[group]}")
