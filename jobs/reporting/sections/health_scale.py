"""On which scale the health score runs in these data: one source has 0 to 100, another 1.3 to 3.5."""

from __future__ import annotations

from jobs.reporting.context import Context
from jobs.reporting.disclosure import is_small
from jobs.reporting.model import Block, Paragraph, Source

_HEALTH = "customer_health_score"


def health_scale(context: Context, section: str) -> list[Block]:
    """Return between which scores eight of ten customers lie; nothing where the section has no health of everybody."""
    row = context.rows.one("measures", section=section, group_name="population", measure=_HEALTH)
    if row is None or is_small(row.get("n"), context.minimum) or None in (row.get("p10"), row.get("p90")):
        return []
    low, high = (context.figure(_HEALTH, row[name]) for name in ("p10", "p90"))
    text = context.words.text("labels.health_scale", low=low, high=high, n=context.n(row["n"]))
    return [Paragraph(text, (Source("measures", section),))]
