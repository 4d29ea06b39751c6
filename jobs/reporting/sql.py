"""The SQL statement that returns a printed figure from the published rows."""

from __future__ import annotations

from typing import Any

from jobs.reporting.trace import Origin


def statement(origin: Origin, analysis: str) -> str:
    """Return a query over the views of published rows; it runs in `customer360 sql` and in a catalog."""
    conditions = [f"analysis = {_literal(analysis)}"]
    conditions += [f"{name} IS NULL" if value is None else f"{name} = {_literal(value)}" for name, value in origin.keys]
    return f"SELECT {origin.column} FROM {origin.table} WHERE {' AND '.join(conditions)}"


def _literal(value: Any) -> str:
    if isinstance(value, int | float):
        return str(value)
    return "'" + str(value).replace("\\", "\\\\").replace("'", "\\'") + "'"
