"""The page that lists the latest report of every analysis, with its headline and what changed."""

from __future__ import annotations

import pathlib
from collections.abc import Sequence
from dataclasses import dataclass

from jobs.reporting.page.html import content_hash, environment, resource


@dataclass(frozen=True, slots=True, kw_only=True)
class Edition:
    """One language of a report: where it lies below the index, and its first words."""

    tag: str
    href: str
    title: str
    question: str
    headline: str
    change: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """The latest publication of one analysis."""

    analysis: str
    run_id: str
    published_at: str
    editions: tuple[Edition, ...]


def write_index(entries: Sequence[Entry], path: pathlib.Path) -> None:
    """Write the index whole or not at all; a reader never sees half of it."""
    style = resource("page.css")
    text = (
        environment()
        .get_template("index.html.j2")
        .render(entries=sorted(entries, key=lambda e: e.analysis), style=style, style_hash=content_hash(style))
    )
    staged = path.with_name(f".{path.name}.new")
    staged.write_text(text, encoding="utf-8")
    staged.replace(path)
