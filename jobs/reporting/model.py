"""What a report is made of, before it is Markdown or anything else.

Every text is plain: it holds data values as they are. Whoever renders a text escapes it.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from jobs.reporting.charts.specifications import Chart
from jobs.reporting.trace import Origin


@dataclass(frozen=True, slots=True)
class Source:
    """Where figures come from: a result table and, where the table has them, its section."""

    table: str
    section: str | None = None


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Running text."""

    text: str
    sources: tuple[Source, ...] = ()


@dataclass(frozen=True, slots=True)
class Bullet:
    """One item: an emphasised lead (may be empty) and a text."""

    lead: str
    text: str
    sources: tuple[Source, ...] = ()


@dataclass(frozen=True, slots=True)
class Bullets:
    """A list; numbered where the order means something."""

    items: tuple[Bullet, ...]
    numbered: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """A table of finished texts; `numeric` columns are aligned right."""

    headers: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numeric: frozenset[int] = frozenset()
    caption: str = ""
    sources: tuple[Source, ...] = ()


@dataclass(frozen=True, slots=True)
class Figure:
    """A chart: file base name, what it shows for those who cannot see it, the drawing."""

    name: str
    alt: str
    chart: Chart
    sources: tuple[Source, ...] = ()


@dataclass(frozen=True, slots=True)
class Note:
    """A remark that stands out: an action, a warning, a limit; `lead` says which."""

    lead: str
    text: str


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading inside a section."""

    text: str


@dataclass(frozen=True, slots=True)
class Code:
    """A statement to be copied, with what it is for."""

    caption: str
    text: str


Block = Paragraph | Bullets | Table | Figure | Note | Heading | Code


@dataclass(frozen=True, slots=True)
class Traced:
    """A figure as printed, and the cell of a result table it comes from."""

    text: str
    origin: Origin

    @property
    def row(self) -> str:
        """What names the row, on one line."""
        return ", ".join(f"{name}={value}" for name, value in self.origin.keys if value is not None)


@dataclass(frozen=True, slots=True)
class Section:
    """One chapter."""

    name: str
    title: str
    blocks: tuple[Block, ...]
    traces: tuple[Traced, ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """One report in one language."""

    language: str
    title: str
    question: str
    facts: str = ""
    sections: tuple[Section, ...] = field(default=())

    def figures(self) -> tuple[Figure, ...]:
        """Return every chart in reading order."""
        return tuple(b for section in self.sections for b in section.blocks if isinstance(b, Figure))
