"""One report as one HTML file: nothing remote, one style and one script allowed by their hash.

Everything can be read without the script; it makes tables sortable and copies them. Data values are escaped by
the template engine wherever they stand.
"""

from __future__ import annotations

import base64
import functools
import hashlib
import pathlib
from dataclasses import dataclass

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from jobs.reporting.figures import traces_in
from jobs.reporting.model import Block, Bullets, Figure, Paragraph, Report, Section, Source, Table, Traced
from jobs.reporting.words import Words

LANGUAGE_TAGS = {"en": "en", "zh": "zh-Hans"}


@dataclass(frozen=True, slots=True)
class _Found:
    tables: tuple[Source, ...]
    traces: tuple[Traced, ...]


@functools.cache
def environment() -> Environment:
    """Return the template engine of the pages: everything escaped, an unknown name is an error."""
    return Environment(
        loader=PackageLoader("jobs.reporting", "page"),
        autoescape=select_autoescape(["html", "j2"], default=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


@functools.cache
def resource(name: str) -> Markup:
    """Return the style or the script of the pages: our own text, which stands in the page as it is."""
    return Markup(pathlib.Path(__file__).with_name(name).read_text("utf-8").strip())


def content_hash(text: str) -> str:
    """Return how a content security policy names an inline style or script."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def render_page(report: Report, words: Words, charts: pathlib.Path) -> str:
    """Return the page of a report.

    Args:
        report: the report.
        words: the texts of its language.
        charts: folder with `<figure>.<language>.svg` of every chart.
    """

    def image(figure: Figure) -> str:
        content = (charts / f"{figure.name}.{report.language}.svg").read_bytes()
        return "data:image/svg+xml;base64," + base64.b64encode(content).decode()

    style, script = resource("page.css"), resource("page.js")
    text: str = (
        environment()
        .get_template("report.html.j2")
        .render(
            report=report,
            lang=LANGUAGE_TAGS.get(report.language, report.language),
            text=words.text,
            image=image,
            sources=_sources,
            style=style,
            style_hash=content_hash(style),
            script=script,
            script_hash=content_hash(script),
        )
    )
    return "\n".join(line for line in text.splitlines() if line.strip()) + "\n"


def _sources(section: Section, block: Block) -> _Found:
    tables: tuple[Source, ...] = ()
    if isinstance(block, Paragraph | Table | Figure):
        tables = block.sources
    elif isinstance(block, Bullets):
        tables = tuple(dict.fromkeys(source for item in block.items for source in item.sources))
    return _Found(tables, traces_in(section, block))
