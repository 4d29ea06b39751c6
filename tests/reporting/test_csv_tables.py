"""The CSV files of a report hold what its tables print, and nothing a spreadsheet would run."""

from __future__ import annotations

import csv
from pathlib import Path

from jobs.reporting.csv_tables import write_tables
from jobs.reporting.model import Report, Section, Table
from jobs.reporting.report import build_report
from jobs.reporting.rows import Rows
from tests.reporting.conftest import load_parsed, load_results


def read(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file))


def test_every_printed_table_is_a_file_named_for_its_chapter(language: str, tmp_path: Path) -> None:
    report = build_report(Rows(load_results("win_back")), load_parsed("win_back"), language)
    files = write_tables(report, tmp_path)
    printed = {
        f"{section.name}-{number}.{language}.csv": table
        for section in report.sections
        for number, table in enumerate((block for block in section.blocks if isinstance(block, Table)), 1)
        if table.rows
    }
    assert {path.name for path in files} == set(printed)
    assert {path.parent for path in files} == {tmp_path / "tables"}
    for path in files:
        table = printed[path.name]
        # a signed amount in US$ reads as a cell of a spreadsheet
        lines = [[cell.removeprefix("'") for cell in line] for line in read(path)]
        assert lines == [list(table.headers), *(list(row) for row in table.rows)]
        assert path.read_bytes().startswith(b"\xef\xbb\xbf")


def test_a_small_group_is_hidden_in_the_file_as_in_the_report(tmp_path: Path) -> None:
    results = load_results("conversion_behaviour")
    for row in results["distributions"]:
        if row["dimension"] == "lifecycle_stage" and row["group_name"] == "cohort" and row["value"] == "Champion":
            row["n"] = 3
    report = build_report(Rows(results), load_parsed("conversion_behaviour"), "en")
    lines = [line for path in write_tables(report, tmp_path) for line in read(path) if line[0] == "Champion"]
    assert ["Champion", "<5", *["–"] * 5] in lines


def test_a_formula_is_text_and_a_figure_stays_one(tmp_path: Path) -> None:
    cells = ("=HYPERLINK(1)", "@x", "+cmd", "-cmd", "+US$1", "+12.5", "-$0.1", 'a "b", c\nd')
    table = Table(headers=("=h",), rows=tuple((cell,) for cell in cells))
    report = Report(language="en", title="t", question="q", sections=(Section("mine", "Mine", (table,)),))
    (path,) = write_tables(report, tmp_path)
    assert read(path) == [
        ["'=h"],
        ["'=HYPERLINK(1)"],
        ["'@x"],
        ["'+cmd"],
        ["'-cmd"],
        ["'+US$1"],
        ["+12.5"],
        ["-$0.1"],
        [cells[-1]],
    ]
