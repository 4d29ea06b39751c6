"""The parser of finished reports sees every number, and lets none pass that no row holds."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from jobs.reporting import report as reporting
from tests.pictures import not_drawn
from tests.reporting import printed_numbers as numbers
from tests.reporting.conftest import load_definition, load_results

ANALYSIS = "high_value_cohort"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("printed")
    (place / "charts").mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reporting, "write_chart", not_drawn)
        reporting.write_report(load_results(ANALYSIS), load_definition(ANALYSIS), ["en", "zh"], place)
    return place


def unexplained(folder: Path, language: str, page: str, markdown: str | None = None) -> list[str]:
    printed = numbers.parse_html(page)
    if markdown is not None:
        printed = numbers.parse_markdown(markdown, printed.titles)
    figures = numbers.figures_of(folder, language)
    return numbers.unexplained(printed, figures, load_results(ANALYSIS), load_definition(ANALYSIS))


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_finished_report_holds_only_numbers_of_its_rows(folder: Path, language: str) -> None:
    page = (folder / f"report.{language}.html").read_text("utf-8")
    markdown = (folder / f"report.{language}.md").read_text("utf-8")
    assert unexplained(folder, language, page) == []
    assert unexplained(folder, language, page, markdown) == []


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_number_that_no_row_holds_is_found_wherever_it_stands(folder: Path, language: str) -> None:
    page = (folder / f"report.{language}.html").read_text("utf-8")
    markdown = (folder / f"report.{language}.md").read_text("utf-8")
    page = re.sub(r"<details>.*?</details>", "", page, flags=re.DOTALL)
    for place in ("</p>", "</li>", "</td>", "</caption>"):
        n = page.split("<main", 1)[1].count(place)
        found = unexplained(folder, language, page.replace(place, f" 7,654.3{place}"))
        assert sum(line.endswith(": 7,654.3") for line in found) >= n > 0
    lines = [f"{line} 7,654.3" if line and line[0] not in "#`<" else line for line in markdown.split("\n")]
    chapters = set(unexplained(folder, language, page, "\n".join(lines)))
    assert len(chapters) == len(numbers.parse_html(page).titles) + 1


def test_a_figure_of_another_chapter_is_no_excuse(folder: Path) -> None:
    page = (folder / "report.en.html").read_text("utf-8")
    figures = numbers.figures_of(folder, "en")
    limits = {entry["text"] for entry in figures if entry["section"] == "limits"}
    foreign = next(e["text"] for e in figures if e["section"] == "tier_ltv" and re.fullmatch(r"\$\d,\d{3}", e["text"]))
    assert foreign not in limits
    start, end = page.split('<h2 id="limits">')
    assert unexplained(folder, "en", f'{start}<h2 id="limits">{end.replace("</li>", f" {foreign}</li>", 1)}') == [
        f"limits: {foreign[1:]}"
    ]


def test_an_entry_that_is_not_its_cell_is_found(folder: Path) -> None:
    figures, rows = numbers.figures_of(folder, "en"), load_results(ANALYSIS)
    assert numbers.not_its_cell(figures, rows) == []
    wrong = next(entry for entry in figures if entry["column"] == "mean") | {"text": "7,654.3"}
    assert numbers.not_its_cell([*figures, wrong], rows) == [wrong]
