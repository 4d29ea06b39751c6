"""What an ingest found, in names and counts only: never a data value."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class IngestReport:
    """One table of the source.

    `unreadable` holds, per column with at least one, the number of values that were present but could not be
    read as the declared type; they are null in the lake. `missing_columns` are null throughout,
    `unknown_columns` were left behind. `skipped` is None for an ingested table, else the reason.
    """

    table: str
    rows: int
    unreadable: Mapping[str, int] = field(default_factory=dict)
    missing_columns: tuple[str, ...] = ()
    unknown_columns: tuple[str, ...] = ()
    skipped: str | None = None


def format_reports(reports: Iterable[IngestReport]) -> str:
    """Return a plain text table, one line per table of the source, with the named columns below each line."""
    header = ("table", "rows", "unreadable", "missing columns", "unknown columns")
    lines: list[tuple[str, ...]] = []
    details: list[list[str]] = []
    for report in reports:
        if report.skipped is not None:
            lines.append((report.table, "skipped", "", "", ""))
            details.append([report.skipped])
            continue
        lines.append(
            (
                report.table,
                f"{report.rows:,}",
                f"{sum(report.unreadable.values()):,}",
                str(len(report.missing_columns)),
                str(len(report.unknown_columns)),
            )
        )
        details.append(_details(report))
    widths = [max(len(line[place]) for line in (header, *lines)) for place in range(len(header))]
    text = [_aligned(header, widths)]
    for line, notes in zip(lines, details, strict=True):
        text.append(_aligned(line, widths))
        text.extend(f"    {note}" for note in notes)
    return "\n".join(text)


def _aligned(cells: Sequence[str], widths: Sequence[int]) -> str:
    first, *counts = cells
    padded = (cell.rjust(width) for cell, width in zip(counts, widths[1:], strict=True))
    return "  ".join((first.ljust(widths[0]), *padded)).rstrip()


def _details(report: IngestReport) -> list[str]:
    notes = []
    if report.unreadable:
        counts = ", ".join(f"{column} {count:,}" for column, count in report.unreadable.items())
        notes.append(f"unreadable, now null: {counts}")
    if report.missing_columns:
        notes.append(f"missing, now all null: {', '.join(report.missing_columns)}")
    if report.unknown_columns:
        notes.append(f"unknown, not copied: {', '.join(report.unknown_columns)}")
    return notes
