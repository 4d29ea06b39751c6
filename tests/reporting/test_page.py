"""The HTML page: self-contained, escaped, every figure traced; the index of all reports."""

from __future__ import annotations

import base64
import hashlib
import itertools
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from jobs.reporting.page.index import Edition, Entry, index_page
from jobs.reporting.report import write_report
from jobs.reporting.sql import statement
from jobs.reporting.trace import Origin, recording, traced
from jobs.reporting.words import words_for
from tests.reporting.conftest import load_parsed, load_results

HOSTILE = "</style><script>alert(1)</script>"


class _Page(HTMLParser):
    """Collects elements, attributes and visible text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.ids: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]
        self.ids += [value or "" for name, value in attrs if name == "id"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("page")
    write_report(load_results("win_back"), load_parsed("win_back"), ["en", "zh"], place)
    return place


def test_the_page_refers_to_nothing_outside_itself(folder: Path) -> None:
    for language in ("en", "zh"):
        page = _Page((folder / f"report.{language}.html").read_text("utf-8"))
        targets = [value for name, value in page.attributes if name in ("src", "href", "srcset", "action")]
        assert targets
        assert all(target.startswith(("#", "data:image/svg+xml;base64,")) for target in targets)
        assert {target[1:] for target in targets if target.startswith("#")} <= set(page.ids)
        assert len(page.ids) == len(set(page.ids))


def test_the_policy_allows_one_style_and_one_script_by_their_hash(folder: Path) -> None:
    text = (folder / "report.en.html").read_text("utf-8")
    (policy,) = re.findall(r'Content-Security-Policy" content="([^"]*)"', text)
    for element in ("style", "script"):
        (content,) = re.findall(rf"<{element}>(.*?)</{element}>", text, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        assert f"{element}-src &#39;sha256-{digest}&#39;" in policy or f"{element}-src 'sha256-{digest}'" in policy
    assert policy.startswith("default-src 'none'")
    assert " style=" not in text
    assert not re.search(r"\son\w+=", text)


def test_headings_go_down_one_level_at_a_time_and_images_have_texts(folder: Path) -> None:
    page = _Page((folder / "report.en.html").read_text("utf-8"))
    levels = [int(tag[1]) for tag in page.elements if re.fullmatch(r"h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels))
    assert all(value for name, value in page.attributes if name == "alt")


def test_a_hostile_value_adds_no_element(tmp_path: Path) -> None:
    results, definition = load_results("win_back"), load_parsed("win_back")
    definition = {**definition, "title": {"en": HOSTILE}, "question": {"en": HOSTILE}}
    write_report(results, definition, ["en"], tmp_path)
    hostile = _Page((tmp_path / "report.en.html").read_text("utf-8"))
    assert hostile.elements.count("script") == 1
    assert hostile.elements.count("style") == 1


def test_every_figure_of_the_list_is_its_cell_rounded(folder: Path) -> None:
    results = load_results("win_back")
    figures = json.loads((folder / "figures.json").read_text("utf-8"))
    assert {entry["language"] for entry in figures} == {"en", "zh"}
    assert len(figures) > 100
    for entry in figures:
        rows = [
            row
            for row in results[entry["table"]]
            if all(row.get(name) == value for name, value in entry["row"].items())
        ]
        (number,) = re.findall(r"\d+(?:\.\d+)?", entry["text"].replace(",", "")) or [None]
        values = [abs(float(row[entry["column"]])) for row in rows]
        digits = len(str(number).partition(".")[2])
        assert any(
            abs(float(number) - value * scale) <= 0.5 * 10**-digits + 1e-9 for value in values for scale in (1, 100)
        ) or entry["column"].startswith("p_"), entry


def test_a_number_keeps_its_origin_without_its_sign_and_scaled() -> None:
    row = traced({"section": "s", "group_name": "g", "measure": "m", "mean": -0.25}, "measures")
    with recording() as found:
        words_for("en", {}).numbers.number(abs(row["mean"]) * 100, 1)
    ((text, origin),) = found
    assert (text, origin.table, origin.column) == ("25.0", "measures", "mean")
    assert origin.keys == (("section", "s"), ("group_name", "g"), ("measure", "m"))


def test_a_statement_names_the_row_and_quotes_what_the_data_hold() -> None:
    keys = (("section", "a'b"), ("column_value", None), ("step", 2))
    origins = [Origin("crosstabs", column, keys) for column in ("n", "mean_ltv", "n")]
    assert statement(origins, "mine") == (
        "SELECT n, mean_ltv FROM crosstabs WHERE analysis = 'mine'"
        " AND section = 'a\\'b' AND column_value IS NULL AND step = 2"
    )


def test_the_index_lists_every_edition_and_escapes_it() -> None:
    edition = Edition(tag="en", href="a/report.en.html", title=HOSTILE, question="q", headline="h", change="")
    entry = Entry(analysis="mine", run_id="r1", published_at="2026-01-01 00:00", editions=(edition,))
    page = _Page(index_page([entry]))
    assert ("href", "a/report.en.html") in page.attributes
    assert "script" not in page.elements
