"""Every figure of a report with the cell of the result table it was printed from."""

from __future__ import annotations

import json
import pathlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import fields, is_dataclass
from typing import Any

from jobs.reporting.model import Block, Bullets, Code, Figure, Heading, Note, Paragraph, Report, Section, Table, Traced

FILE_NAME = "figures.json"


def traces_in(section: Section, block: Block) -> tuple[Traced, ...]:
    """Return the section's printed figures that stand in a block, in the order they were printed."""
    return _standing(section.traces, _texts(block))


def write_figures(reports: list[Report], folder: pathlib.Path) -> pathlib.Path:
    """Write `figures.json`: per language, section and figure the text, and table, column and row it comes from."""
    content = [
        {"language": report.language, "section": section.name, **_entry(trace)}
        for report in reports
        for section in report.sections
        for trace in _standing(section.traces, (text for block in section.blocks for text in _texts(block)))
    ]
    path = folder / FILE_NAME
    path.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return path


def _entry(trace: Traced) -> dict[str, Any]:
    origin = trace.origin
    keys = {name: value for name, value in origin.keys if value is not None}
    return {"text": trace.text, "table": origin.table, "column": origin.column, "row": keys}


def _standing(traces: Iterable[Traced], texts: Iterable[str]) -> tuple[Traced, ...]:
    """Return the traces whose figure stands in the texts, which are joined once for all of them."""
    joined = "\n".join(texts)
    return tuple(trace for trace in traces if _stands_in(trace.text, joined))


def _stands_in(figure: str, texts: str) -> bool:
    """Tell whether a figure stands in a text by itself, not as a part of a longer number."""
    return re.search(rf"(?<![\d.,]){re.escape(figure)}(?![\d]|[.,]\d)", texts) is not None


def _texts(block: Block) -> Iterator[str]:
    if isinstance(block, Table):
        yield block.caption
        yield from (cell for row in block.rows for cell in row)
    elif isinstance(block, Bullets):
        yield from (item.text for item in block.items)
    elif isinstance(block, Figure):
        yield block.alt
        yield from _strings(block.chart)
    elif isinstance(block, Paragraph | Note | Heading | Code):
        yield block.text


def _strings(tree: Any) -> Iterator[str]:
    """Yield every text of a chart's description."""
    if isinstance(tree, str):
        yield tree
    elif isinstance(tree, tuple):
        for item in tree:
            yield from _strings(item)
    elif is_dataclass(tree):
        for item in fields(tree):
            yield from _strings(getattr(tree, item.name))
