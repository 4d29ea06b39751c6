"""What was wanted and not had, in words: which table or column, what it cost, what stands in for it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from jobs.reporting.context import NOTHING, Context
from transforms import derived

NOT_COMPUTED = "analysis_not_computed"
COHORT_NOT_COMPUTED = "cohort_not_computed"
_MEASURE_DROPPED = "measure_dropped"


def in_order(context: Context) -> list[dict[str, Any]]:
    """Return the obstacles, what touches the whole analysis first."""
    return sorted(
        context.rows.all("obstacles"),
        key=lambda row: (
            row.get("effect") not in (NOT_COMPUTED, COHORT_NOT_COMPUTED),
            row.get("section") != "all",
            str(row.get("section")),
            str(row.get("table_name")),
            str(row.get("column_name") or ""),
        ),
    )


def not_computed(context: Context) -> str | None:
    """Return the sentence that says why the analysis could not be computed; None where it was."""
    rows = [row for row in in_order(context) if row.get("effect") == NOT_COMPUTED]
    if not rows:
        return None
    causes = context.words.text("predicate.and").join(cause(context, row) for row in rows)
    return context.words.text("obstacles.analysis_not_computed", causes=causes)


def cause(context: Context, row: Mapping[str, Any]) -> str:
    """Return what is missing: 'the funnel table is empty'."""
    words = context.words
    name = str(row.get("table_name") or NOTHING)
    known = words.has(f"values.table.{name}")
    table = words.value("table", name) if known else words.text("obstacles.table", table=name)
    return words.text(
        f"obstacles.cause.{row.get('reason')}", table=table, column=str(row.get("column_name") or NOTHING)
    )


def effect(context: Context, row: Mapping[str, Any]) -> str:
    """Return what the gap cost; for a measure, which ones are not reported."""
    names = list(_measures(context, row)) if row.get("effect") == _MEASURE_DROPPED else []
    if names:
        listed = context.words.listing([context.words.measure(name) for name in names])
        return context.words.text("obstacles.measures", measures=listed)
    return coded(context, "effect", row)


def coded(context: Context, kind: str, row: Mapping[str, Any]) -> str:
    """Return a code of the row in words: the name of a measure where the code is one."""
    code = str(row.get(kind) or "")
    if not code:
        return NOTHING
    key = f"obstacle_{kind}"
    return context.words.value(key, code) if context.words.has(f"values.{key}.{code}") else context.words.measure(code)


def _measures(context: Context, row: Mapping[str, Any]) -> Iterator[str]:
    """Yield the columns the section shows that cannot be had without the row's column."""
    seen = set()
    for name in _texts(context.options(str(row.get("section")))):
        if row.get("column_name") in derived.parents(name) and name not in seen:
            seen.add(name)
            yield name


def _texts(options: Any) -> Iterator[str]:
    if isinstance(options, str):
        yield options
    elif isinstance(options, Mapping):
        for value in options.values():
            yield from _texts(value)
    elif isinstance(options, list | tuple):
        for value in options:
            yield from _texts(value)
