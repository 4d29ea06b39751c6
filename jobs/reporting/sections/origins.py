"""Which table each measure of a chapter comes from: several tables can hold it, and they disagree."""

from __future__ import annotations

from collections.abc import Sequence

from jobs.reporting.context import Context


def origins(context: Context, section: str, group: str, measures: Sequence[str]) -> str | None:
    """Return the tables and their measures in one sentence; None where all are derived."""
    words = context.words
    tables: dict[str, list[str]] = {}
    for measure in measures:
        row = context.rows.one("measures", section=section, group_name=group, measure=measure) or {}
        if row.get("source_table"):
            tables.setdefault(str(row["source_table"]), []).append(words.measure(measure))
    if not tables:
        return None
    parts = [
        words.text("profile.origin", table=name, measures=words.listing(held)) for name, held in sorted(tables.items())
    ]
    return words.text("profile.origins", origins=words.text("labels.semicolon").join(parts))
