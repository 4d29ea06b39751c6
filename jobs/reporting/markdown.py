"""A report as Markdown; data values change nothing but themselves."""

from __future__ import annotations

import re

from jobs.reporting.model import Block, Bullet, Bullets, Code, Figure, Heading, Note, Paragraph, Report, Source, Table
from jobs.reporting.words import Words

_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
_SPECIAL = re.compile(r"[\\`*_\[\]|$#~]")
# What starts a list, a heading underline or a spreadsheet formula at the beginning of a line or cell.
_LINE_START = re.compile(r"^(=|[-+](?=\s|$)|[-=]+$)")
_NUMBERED = re.compile(r"^(\d+)([.)])(?=\s)")


def escape(text: str) -> str:
    """Return a text that Markdown prints as it is, on one line."""
    line = re.sub(r"[\s\x00-\x1f\x7f]+", " ", text).strip()
    line = "".join(_ENTITIES.get(character, character) for character in line)
    line = _SPECIAL.sub(lambda match: "\\" + match.group(), line)
    line = _NUMBERED.sub(r"\1\\\2", line)
    return _LINE_START.sub(lambda match: "\\" + match.group(), line)


def render(report: Report, words: Words) -> str:
    """Return the whole report."""
    parts = [f"# {escape(report.title)}"]
    if report.question:
        parts.append(f"> {escape(report.question)}")
    for section in report.sections:
        parts.append(f"## {escape(section.title)}")
        parts.extend(text for block in section.blocks if (text := _block(block, words, report.language)))
    return "\n\n".join(parts) + "\n"


def _block(block: Block, words: Words, language: str) -> str:
    if isinstance(block, Heading):
        return f"### {escape(block.text)}"
    if isinstance(block, Note):
        return f"> **{escape(block.lead)}** {escape(block.text)}" if block.text else ""
    if isinstance(block, Paragraph):
        return _with_sources(escape(block.text), block.sources, words) if block.text else ""
    if isinstance(block, Bullets):
        return _bullets(block, words)
    if isinstance(block, Code):
        return f"{escape(block.caption)}\n\n```sql\n{block.text}\n```"
    if isinstance(block, Figure):
        image = f"![{escape(block.alt)}](charts/{block.name}.{language}.png)"
        return _with_sources(image, block.sources, words)
    return _table(block, words)


def _bullets(block: Bullets, words: Words) -> str:
    if not block.items:
        return ""
    lines = [f"{f'{i}.' if block.numbered else '-'} {_item(item)}" for i, item in enumerate(block.items, 1)]
    sources = tuple(dict.fromkeys(source for item in block.items for source in item.sources))
    return _with_sources("\n".join(lines), sources, words)


def _item(item: Bullet) -> str:
    return f"**{escape(item.lead)}** {escape(item.text)}" if item.lead else escape(item.text)


def _table(block: Table, words: Words) -> str:
    if not block.rows:
        return ""
    marks = ["---:" if i in block.numeric else ":---" for i in range(len(block.headers))]
    lines = [_line(block.headers), "| " + " | ".join(marks) + " |", *(_line(row) for row in block.rows)]
    text = "\n".join(lines)
    if block.caption:
        text = f"**{escape(block.caption)}**\n\n{text}"
    return _with_sources(text, block.sources, words)


def _line(cells: tuple[str, ...]) -> str:
    return "| " + " | ".join(escape(cell) for cell in cells) + " |"


def _with_sources(text: str, sources: tuple[Source, ...], words: Words) -> str:
    if not sources:
        return text
    named = [
        words.text("labels.source_section", table=f"`{s.table}`", section=f"`{s.section}`")
        if s.section
        else f"`{s.table}`"
        for s in dict.fromkeys(sources)
    ]
    note = words.text("labels.source", tables=words.text("labels.semicolon").join(named))
    return f"{text}\n\n<sub>{note}</sub>"
