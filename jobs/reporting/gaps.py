"""What was wanted and not had, in words: which table or column, what it cost, what stands in for it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from jobs.reporting.context import NOTHING, Context
from transforms import derived

NOT_COMPUTED = "analysis_not_computed"
COHORT_NOT_COMPUTED = "cohort_not_computed"
_MEASURE_DROPPED = "measure_dropped"
_OF_TABLES = ("missing_table", "empty_table")
_HOW_MANY = {1: "one", 2: "two"}


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
    """Return why the analysis could not be computed and what would mend it; None where it was."""
    reason = why_not_computed(context)
    if reason is None:
        return None
    return reason + context.words.text("labels.sentence_space") + _remedy(context)


def why_not_computed(context: Context) -> str | None:
    """Return the sentence that says why the analysis could not be computed; None where it was."""
    rows = _not_computed(context)
    return context.words.text("obstacles.analysis_not_computed", causes=causes(context, rows)) if rows else None


def _not_computed(context: Context) -> list[dict[str, Any]]:
    return [row for row in in_order(context) if row.get("effect") == NOT_COMPUTED]


def _remedy(context: Context) -> str:
    """Return what would mend it: loading tables where nothing else is missing, else the chapter that tells."""
    rows = _not_computed(context)
    if any(row.get("reason") not in _OF_TABLES for row in rows):
        return context.words.text("obstacles.see_chapter")
    tables = {row.get("table_name") for row in rows}
    return context.words.text(f"obstacles.load.{_HOW_MANY.get(len(tables), 'more')}")


def causes(context: Context, rows: Sequence[Mapping[str, Any]]) -> str:
    """Return what is missing, each once; tables that lack the same share one verb."""
    words = context.words
    alike: dict[str, list[Mapping[str, Any]]] = {}
    for row in rows:
        key = str(row["reason"]) if row.get("reason") in _OF_TABLES else cause(context, row)
        alike.setdefault(key, []).append(row)
    told = []
    for key, group in alike.items():
        tables = list(dict.fromkeys(words.text("obstacles.the_table", table=table(context, row)) for row in group))
        is_shared = key in _OF_TABLES and len(tables) > 1
        told.append(
            words.text(f"obstacles.causes.{key}", tables=words.listing(tables))
            if is_shared
            else cause(context, group[0])
        )
    return words.text("predicate.and").join(told)


def cause(context: Context, row: Mapping[str, Any]) -> str:
    """Return what is missing: 'the funnel table is empty'."""
    return context.words.text(
        f"obstacles.cause.{row.get('reason')}",
        table=table(context, row),
        column=str(row.get("column_name") or NOTHING),
    )


def table(context: Context, row: Mapping[str, Any]) -> str:
    """Return what sentences call the table of the row: 'funnel table'."""
    name = str(row.get("table_name") or NOTHING)
    known = context.words.has(f"values.table.{name}")
    return context.words.value("table", name) if known else context.words.text("obstacles.table", table=name)


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
