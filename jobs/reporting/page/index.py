"""The page that lists the latest report of every analysis, with its headline and what changed."""

from __future__ import annotations

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


def index_page(entries: Sequence[Entry]) -> str:
    """Return the page."""
    style = resource("page.css")
    return (
        environment()
        .get_template("index.html.j2")
        .render(entries=sorted(entries, key=lambda e: e.analysis), style=style, style_hash=content_hash(style))
    )
