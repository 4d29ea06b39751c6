"""How to get the summary's figures out of the result tables: one query per row they come from."""

from __future__ import annotations

from jobs.reporting.context import Context
from jobs.reporting.figures import traces_in
from jobs.reporting.model import Block, Code, Paragraph, Section, Traced
from jobs.reporting.sql import statement
from jobs.reporting.trace import Origin


def build(context: Context, summary: Section) -> Section | None:
    """Return the chapter for a finished summary; None where it prints no figure."""
    found: dict[tuple[str, tuple[tuple[str, object], ...]], list[Traced]] = {}
    for block in summary.blocks:
        for trace in traces_in(summary, block):
            found.setdefault((trace.origin.table, trace.origin.keys), []).append(trace)
    if not found:
        return None
    analysis = str(context.definition.get("analysis"))
    blocks: list[Block] = [Paragraph(context.words.text("queries.opening"))]
    blocks += [_query(traces, analysis) for traces in found.values()]
    return Section("queries", context.words.text("titles.queries"), tuple(blocks))


def _query(traces: list[Traced], analysis: str) -> Code:
    origins: list[Origin] = [trace.origin for trace in traces]
    return Code("; ".join(dict.fromkeys(trace.text for trace in traces)), statement(origins, analysis))
