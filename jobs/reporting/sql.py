"""The SQL statements that return printed figures from the published rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from jobs.reporting.trace import Origin

# a line break would end the block of code that a report prints the statement in
_ON_ONE_LINE = str.maketrans({"\n": "\\n", "\r": "\\r", "\t": "\\t"})


def statement(origins: Sequence[Origin], analysis: str) -> str:
    """Return the query for figures of one row; it runs in `customer360 sql` and over views in a catalog.

    `origins` name the same table and row, and the columns asked for.
    """
    first = origins[0]
    columns = ", ".join(dict.fromkeys(origin.column for origin in origins))
    conditions = [f"analysis = {_literal(analysis)}"]
    conditions += [f"{name} IS NULL" if value is None else f"{name} = {_literal(value)}" for name, value in first.keys]
    return f"SELECT {columns} FROM {first.table} WHERE {' AND '.join(conditions)}"


def _literal(value: Any) -> str:
    if isinstance(value, int | float):
        return str(value)
    return "'" + str(value).replace("\\", "\\\\").replace("'", "\\'").translate(_ON_ONE_LINE) + "'"
