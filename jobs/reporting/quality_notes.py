"""Failed checks, in words, beside the chapter they touch."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from jobs.reporting.context import Context
from jobs.reporting.model import Note


def notes_for(context: Context, *sections: str, measures: Collection[str] = ()) -> list[Note]:
    """Return a remark for every failed check that touches one of the sections or measures."""
    return [
        Note(context.words.text("labels.caution"), message(context, row))
        for row in failed(context)
        if row.get("touches_section") in sections or row.get("touches_measure") in measures
    ]


def failed(context: Context) -> list[dict[str, Any]]:
    """Return the failed checks, the gravest first."""
    rank = {"error": 0, "warning": 1, "warn": 1, "info": 2}
    rows = [row for row in context.rows.all("quality") if row.get("passed") is False]
    return sorted(
        rows,
        key=lambda row: (
            rank.get(str(row.get("severity")), 3),
            str(row.get("table_name")),
            str(row.get("check_name")),
            str(row.get("touches_measure")),
            str(sorted(dict(row.get("params") or {}).items())),
        ),
    )


def message(context: Context, row: Mapping[str, Any]) -> str:
    """Return a check's result as a sentence; its bare facts where the catalogue has no sentence."""
    words = context.words
    facts = {
        "table": str(row.get("table_name") or ""),
        "check": str(row.get("check_name") or ""),
        "expected": str(row.get("expected") or ""),
        "observed": observed(context, row),
        "measure": words.measure(str(row.get("touches_measure") or "")),
    }
    params = {str(key): str(value) for key, value in dict(row.get("params") or {}).items()}
    for name in (row.get("message_id"), row.get("check_name")):
        key = f"quality.messages.{name}"
        if name and words.has(key):
            try:
                return words.text(key, **{**facts, **params})
            except KeyError:  # a parameter the sentence needs was not recorded
                continue
    return words.text("quality.generic", **facts)


def observed(context: Context, row: Mapping[str, Any]) -> str:
    """Return the observed figure of a check; counts without decimals."""
    value = row.get("observed")
    if value is None:
        return "–"
    numbers = context.words.numbers
    return numbers.count(int(value)) if float(value).is_integer() else numbers.number(float(value), 3)
