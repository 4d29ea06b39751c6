"""The tables of a report as CSV files, as they are printed: what is hidden there is hidden here."""

from __future__ import annotations

import csv
import io
import pathlib
import re

from jobs.reporting.model import Report, Table

FOLDER = "tables"
# What a spreadsheet would run; '+12.5' and '-$3' are figures, '+US$3' is a cell to it.
_FORMULA = re.compile(r"[=@\t\r]|[-+](?!\$?[\d.])")


def write_tables(report: Report, folder: pathlib.Path) -> list[pathlib.Path]:
    """Write `tables/<chapter>-<number>.<language>.csv` for every table; return the paths."""
    written = []
    for section in report.sections:
        tables = [block for block in section.blocks if isinstance(block, Table) and block.rows]
        for number, table in enumerate(tables, 1):
            path = folder / FOLDER / f"{section.name}-{number}.{report.language}.csv"
            path.parent.mkdir(parents=True, exist_ok=True)
            # with the mark by which spreadsheets know UTF-8
            path.write_text(_text(table), encoding="utf-8-sig", newline="")
            written.append(path)
    return written


def _text(table: Table) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows(
        [_safe(cell) for cell in line] for line in (table.headers, *table.rows)
    )
    return text.getvalue()


def _safe(cell: str) -> str:
    return f"'{cell}" if _FORMULA.match(cell) else cell
