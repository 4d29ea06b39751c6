"""The rows of risk by velocity: cells, segments, tests, and what of them is hidden."""

from __future__ import annotations

from typing import Any

from jobs.reporting.cells import HiddenGrid, Pair, hidden_in_grid
from jobs.reporting.context import Context
from jobs.reporting.verdicts import Verdict, of_association

SECTION = "risk_velocity"
RISK, VELOCITY = "activity_risk_level", "engagement_velocity"
UNCOVERED = "(uncovered)"


def has_framework(context: Context) -> bool:
    """Tell whether the definition names segments of the grid."""
    return bool(context.options(SECTION).get("framework"))


def cells_of(context: Context, group: str) -> dict[Pair, dict[str, Any]]:
    """Return the rows of the grid by risk level and velocity."""
    rows = context.rows.all("crosstabs", section=SECTION, group_name=group, column_dimension=VELOCITY)
    return {(str(row["row_value"]), str(row["column_value"])): row for row in rows}


def levels_of(context: Context, group: str, dimension: str) -> dict[str, dict[str, Any]]:
    """Return the rows of one dimension by itself, by level."""
    rows = context.rows.all(
        "crosstabs", section=SECTION, group_name=group, row_dimension=dimension, column_dimension=None
    )
    return {str(row["row_value"]): row for row in rows}


def hidden_grid(context: Context, group: str) -> HiddenGrid:
    """Return the hidden cells, and the hidden segments where segments are printed."""
    cells = cells_of(context, group)
    counts = {cell: int(row["n"]) for cell, row in cells.items()}
    labels = [{cell: str(row["label"]) for cell, row in cells.items()}] if has_framework(context) else []
    return context.rows.once((SECTION, group), lambda: hidden_in_grid(counts, labels, context.minimum))


def hidden_segments(context: Context, group: str = "cohort") -> frozenset[str]:
    """Return the segments whose figures are hidden."""
    grid = hidden_grid(context, group)
    return grid.sums[0] if grid.sums else frozenset()


def segment_row(context: Context, name: str, group: str = "cohort") -> dict[str, Any] | None:
    """Return the share of a segment."""
    return context.rows.one(
        "distributions", section=SECTION, group_name=group, dimension="framework_segment", value=name
    )


def test_of(context: Context, group: str, dimension: str) -> tuple[Verdict, dict[str, Any]]:
    """Return what the test of health over a dimension allows to say, and its row."""
    row = context.rows.one("associations", section=SECTION, group_name=group, x=dimension) or {}
    return of_association(row, context.minimum, smallest_group=int(row.get("n") or 0)), row
