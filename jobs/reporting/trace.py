"""Where a printed figure comes from: numbers of result rows that know their table, row and column.

A traced number is a float or int in every respect. The number format, which prints every figure of a report,
writes down the origin of each traced number it prints; nobody else has to know.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, TypeVar

Item = TypeVar("Item")
Printed = dict[tuple[str, "Origin"], None]

# What names a row of each result table, beside the run's identity.
KEYS: dict[str, tuple[str, ...]] = {
    "measures": ("section", "group_name", "measure"),
    "comparisons": ("section", "stratum", "measure", "group_a", "group_b"),
    "distributions": ("section", "group_name", "dimension", "value"),
    "crosstabs": ("section", "group_name", "row_dimension", "row_value", "column_dimension", "column_value"),
    "correlations": ("section", "group_name", "x", "y"),
    "associations": ("section", "group_name", "x", "y", "test"),
    "attrition": ("step",),
    "method_sensitivity": ("method",),
    "match_rates": ("left_table", "right_table", "key"),
    "strategies": ("segment",),
    "changes": ("figure", "cause"),
    "quality": ("table_name", "check_name", "touches_section", "touches_measure"),
    "runs": ("event",),
}


@dataclass(frozen=True, slots=True)
class Origin:
    """One cell of a result table: the table, the column, and what names the row."""

    table: str
    column: str
    keys: tuple[tuple[str, Any], ...]


class TracedFloat(float):
    """A float that knows its origin; without its sign and scaled it still does, since only units change."""

    origin: Origin

    def __abs__(self) -> TracedFloat:
        return _float(super().__abs__(), self.origin)

    def __neg__(self) -> TracedFloat:
        return _float(super().__neg__(), self.origin)

    def __mul__(self, other: float) -> TracedFloat:
        return _float(super().__mul__(other), self.origin)

    __rmul__ = __mul__


class TracedInt(int):
    """An int that knows its origin."""

    origin: Origin

    def __abs__(self) -> TracedInt:
        return _int(super().__abs__(), self.origin)

    def __neg__(self) -> TracedInt:
        return _int(super().__neg__(), self.origin)


def _int(value: int, origin: Origin) -> TracedInt:
    number = TracedInt(value)
    number.origin = origin
    return number


def _float(value: float, origin: Origin) -> TracedFloat:
    number = TracedFloat(value)
    number.origin = origin
    return number


def traced(row: Mapping[str, Any], table: str) -> dict[str, Any]:
    """Return the row with every number knowing where it stands; tables without a key stay as they are."""
    if table not in KEYS:
        return dict(row)
    keys = tuple((name, row.get(name)) for name in KEYS[table])
    return {name: _traced(value, Origin(table, name, keys)) for name, value in row.items()}


def _traced(value: Any, origin: Origin) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | float) or origin.column in dict(origin.keys):
        return value
    if isinstance(value, float):
        return _float(value, origin)
    return _int(value, origin)


_printed: ContextVar[Printed | None] = ContextVar("printed", default=None)


@contextmanager
def recording() -> Iterator[Printed]:
    """Collect (text, origin) of every traced number printed inside, in order, each once."""
    found: Printed = {}
    token = _printed.set(found)
    try:
        yield found
    finally:
        _printed.reset(token)


def chosen(made: Iterable[Item], choose: Callable[[list[Item]], list[Item]]) -> list[Item]:
    """Return the items that `choose` keeps; what was printed to make the others is not recorded."""
    recorded: list[tuple[Item, Printed]] = []
    items = iter(made)
    while True:
        with recording() as found:
            try:
                item = next(items)
            except StopIteration:
                break
        recorded.append((item, found))
    kept = choose([item for item, _ in recorded])
    noted = _printed.get()
    for item, found in recorded:
        if noted is not None and item in kept:
            noted.update(found)
    return kept


def printed(value: object, text: str) -> str:
    """Note that a number was printed as `text`; return the text."""
    found, origin = _printed.get(), getattr(value, "origin", None)
    if found is not None and origin is not None:
        found[text, origin] = None
    return text
