"""docs/result-tables.md: every result table, column by column."""

from __future__ import annotations

from jobs.reference.markdown_table import table
from transforms import result_columns, result_tables

_ONE_ROW_PER = {
    "measures": "section, group, measure",
    "comparisons": "section, stratum, measure, pair of groups",
    "distributions": "section, group, dimension, value",
    "crosstabs": "section, group, row dimension and value, column dimension and value",
    "correlations": "section, group, pair of numbers",
    "associations": "section, group, pair with a category",
    "attrition": "step",
    "method_sensitivity": "method",
    "match_rates": "key tried",
    "cohort_members": "cohort customer",
    "strategies": "recommendation",
    "obstacles": "table or column wanted and not had",
    "changes": "figure and cause",
    "quality": "check",
    "runs": "event of a run",
    "publications": "analysis: the pointer to its current rows",
}
_HEAD = """\
# Result tables

Delta tables below `--results` (or tables of its schema). Every row carries `run_id`, `attempt_id` and
`analysis`; only rows of the attempt that `publications` names are published: read them with `published(spark,
results, table)` or `customer360 sql`; in a catalog every table has a view `published_<table>` beside it.
Formulas: [definitions.md](definitions.md). `!` marks what is never null. The tables are created with these
comments and constraints; written by `make docs` from `transforms/result_columns.py`.
"""


def result_tables_page() -> str:
    """Return the page."""
    parts = [_HEAD]
    for name in result_tables.NAMES:
        required = result_columns.required(name)
        checks = result_columns.CHECKS.get(name, {})
        rows = [
            (f"`{column}`", f"{kind}{' !' if column in required else ''}", result_columns.comment(name, column))
            for column, kind in result_columns.types(name).items()
            if column not in ("run_id", "attempt_id", "analysis")
        ]
        parts.append(f"## {name}\nOne row per {_ONE_ROW_PER[name]}.")
        if checks:
            parts.append("Always: " + "; ".join(f"`{condition}`" for condition in checks.values()) + ".")
        parts.append(table(("column", "type", "meaning"), rows) + "\n")
    return "\n".join(parts)
