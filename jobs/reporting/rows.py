"""Access to the result rows of one publication."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Hashable, Mapping, Sequence
from decimal import Decimal
from typing import Any, TypeVar

from jobs.reporting.trace import traced

Row = Mapping[str, Any]
Kept = TypeVar("Kept")

# The columns that hold values of the data, whatever they are.
_OF_DATA = ("value", "row_value", "column_value", "stratum")
_LONGEST = 120
# White space, and what joins the parts of a letter or a picture.
_LEFT_ALONE = "\t\n\r\x0b\x0c\u00a0\u2002\u2003\u2009\u202f\u3000\u200c\u200d"


def _clean(value: Any) -> Any:
    """Return NaN and infinities as None, decimals as floats."""
    if isinstance(value, Decimal):
        value = float(value)
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def _with_texts_shown(row: dict[str, Any]) -> dict[str, Any]:
    """Make the values of the data printable; the origins of figures keep them as they are."""
    return {name: shown(value) if name in _OF_DATA and isinstance(value, str) else value for name, value in row.items()}


def shown(text: str) -> str:
    """Return a value of the data as a reader can see it: invisible signs by their number, a long one cut.

    Two values stay two: what is cut ends in a few digits of its digest. White space is left to who prints it.
    """
    if text.isprintable() and len(text) <= _LONGEST:
        return text
    kept = text if len(text) <= _LONGEST else f"{text[:_LONGEST]}… {hashlib.sha256(text.encode()).hexdigest()[:6]}"
    return "".join(c if c.isprintable() or c in _LEFT_ALONE else f"\\u{ord(c):04x}" for c in kept)


class Rows:
    """The rows of every result table, by table name; a table that was not given is empty."""

    def __init__(self, tables: Mapping[str, Sequence[Row]]) -> None:
        self._tables = {
            name: [_with_texts_shown(traced({column: _clean(v) for column, v in row.items()}, name)) for row in rows]
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
