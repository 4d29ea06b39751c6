"""Access to the result rows of one publication."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Mapping, Sequence
from decimal import Decimal
from typing import Any, TypeVar

from jobs.reporting.trace import traced

Row = Mapping[str, Any]
Kept = TypeVar("Kept")


def _clean(value: Any) -> Any:
    """Return NaN and infinities as None, decimals as floats."""
    if isinstance(value, Decimal):
        value = float(value)
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


class Rows:
    """The rows of every result table, by table name; a table that was not given is empty."""

    def __init__(self, tables: Mapping[str, Sequence[Row]]) -> None:
        self._tables = {
            name: [traced({column: _clean(value) for column, value in row.items()}, name) for row in rows]
            for name, rows in tables.items()
        }
        self._kept: dict[Hashable, Any] = {}

    def once(self, key: Hashable, compute: Callable[[], Kept]) -> Kept:
        """Return what `compute` gives, computed once per key: both languages hide the same cells."""
        if key not in self._kept:
            self._kept[key] = compute()
        kept: Kept = self._kept[key]
        return kept

    def all(self, table: str, **where: Any) -> list[dict[str, Any]]:
        """Return the rows whose columns equal the given values."""
        return [
            row
            for row in self._tables.get(table, [])
            if all(row.get(column) == value for column, value in where.items())
        ]

    def one(self, table: str, **where: Any) -> dict[str, Any] | None:
        """Return the first such row, or None."""
        found = self.all(table, **where)
        return found[0] if found else None

    def steps(self) -> list[dict[str, Any]]:
        """Return the attrition in order of its steps."""
        return sorted(self.all("attrition"), key=lambda row: int(row["step"]))

    def population_size(self) -> int:
        """Return the number of customers of the view."""
        steps = self.steps()
        n: int = steps[0]["n_remaining"] if steps else 0
        return n

    def cohort_size(self) -> int:
        """Return the number of customers of the cohort."""
        steps = self.steps()
        n: int = steps[-1]["n_remaining"] if steps else 0
        return n
