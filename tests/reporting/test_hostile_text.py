"""Values that are long, invisible or markup in disguise."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from jobs.reporting import report as reporting
from jobs.reporting.charts.drawing import write_chart
from jobs.reporting.charts.specifications import DotChart, DotRow, Point
from jobs.reporting.markdown import render
from jobs.reporting.report import build_report, write_report
from jobs.reporting.rows import Rows, shown
from jobs.reporting.sql import statement
from jobs.reporting.trace import Origin
from jobs.reporting.words import words_for
from tests.pictures import not_drawn
from tests.reporting.conftest import load_definition, load_parsed, load_results

MARKUP = '<script>alert(1)</script>"><img src=x onerror=alert(1)>'


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("Email", "Email"),
        ("社交媒体", "社交媒体"),
        ("👨\u200d👩", "👨\u200d👩"),
        ("two\nlines", "two\nlines"),
        ("a\u202eb", "a\\u202eb"),
        ("a\u200bb", "a\\u200bb"),
        ("nul\0", "nul\\u0000"),
        ("bell\x07", "bell\\u0007"),
        ("\ufeffEmail", "\\ufeffEmail"),
    ],
)
def test_what_cannot_be_seen_is_shown_by_its_number(text: str, seen: str) -> None:
    assert shown(text) == seen


def test_long_values_stay_two_when_they_are_cut() -> None:
    one, other = shown("x" * 1_000_000), shown("x" * 999_999)
    assert one != other
    assert max(len(one), len(other)) < 150


@pytest.mark.parametrize("value", ["\u202ereversed\u202c", "nul\0nul", "y" * 1_000_000])
def test_what_cannot_be_seen_is_not_printed_and_long_texts_are_cut(value: str) -> None:
    definition, results = load_parsed("conversion_behaviour"), load_results("conversion_behaviour")
    for row in results["distributions"]:
        if row["value"] == "Email":
            row["value"] = value
    text = render(build_report(Rows(results), definition, "en"), words_for("en", definition))
    table = [line for line in text.splitlines() if line.startswith("|")]
    assert not {"\u202e", "\u202c", "\0"} & set("".join(table))
    assert max(map(len, table)) < 1000
    assert any("reversed" in line or "nul" in line or "yyy" in line for line in table)


def test_a_label_adds_no_element_to_a_picture(tmp_path: Path) -> None:
    def elements(label: str) -> list[str]:
        point = Point(1.0, 0.5, 1.5)
        chart = DotChart(label, label, (DotRow(label, (point,), label),), str, (label,), note=label)
        path = tmp_path / "chart.svg"
        write_chart(chart, "en", [path])
        return [element.tag.rpartition("}")[2] for element in ET.parse(path).iter()]

    found = elements(MARKUP)
    assert not {"script", "img", "image", "foreignObject", "a"} & set(found)
    assert set(found) <= set(elements("plain")) | {"use"}


def test_template_signs_are_printed_as_they_are(tmp_path: Path) -> None:
    signs = "{{ 7000+777 }} {% raw %} <%= 7000+777 %>"
    results, definition = load_results("win_back"), load_parsed("win_back")
    definition = {**definition, "title": {"en": signs}, "question": {"en": signs}}
    write_report(results, definition, ["en"], tmp_path)
    for name in ("report.en.html", "report.en.md"):
        text = (tmp_path / name).read_text("utf-8")
        assert "{{ 7000+777 }} {% raw %}" in text
        assert "7777" not in text


def test_a_statement_stays_on_its_line() -> None:
    origin = Origin("distributions", "n", (("value", "a\n```\n# heading\r\tb"),))
    text = statement([origin], "mine")
    assert text.isprintable()
    assert text.endswith("value = 'a\\n```\\n# heading\\r\\tb'")


@pytest.mark.parametrize(
    ("analysis", "section", "groups"),
    [
        ("high_value_cohort", "channels", ("cohort", "population")),
        ("limited_data_value", "segments", ("basic_tier", "population")),
    ],
)
def test_a_value_that_one_customer_has_is_not_printed(
    analysis: str, section: str, groups: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A person's name may have got into a category column."""
    monkeypatch.setattr(reporting, "write_chart", not_drawn)
    results = load_results(analysis)
    like = next(
        row for row in results["distributions"] if (row["section"], row["dimension"]) == (section, "customer_segment")
    )
    results["distributions"] = [
        *results["distributions"],
        *({**like, "group_name": group, "value": "Jane Roe", "n": 1} for group in groups),
    ]
    reporting.write_report(results, load_definition(analysis), ["en", "zh"], tmp_path)
    assert [path.name for path in tmp_path.rglob("*.*") if b"Jane Roe" in path.read_bytes()] == []
    assert " further value" in (tmp_path / "report.en.md").read_text("utf-8")


@pytest.mark.parametrize(
    ("analysis", "section", "groups"),
    [
        ("high_value_cohort", "channels", ("cohort", "peers", "population")),
        ("limited_data_value", "segments", ("high_value_enterprise", "basic_tier", "middle_tiers", "population")),
    ],
)
def test_of_a_category_with_hundreds_of_values_the_largest_are_printed(
    analysis: str, section: str, groups: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reporting, "write_chart", not_drawn)
    results = load_results(analysis)
    where = (section, "customer_segment")
    like = next(row for row in results["distributions"] if (row["section"], row["dimension"]) == where)
    results["distributions"] = [
        *(row for row in results["distributions"] if (row["section"], row["dimension"]) != where),
        *({**like, "group_name": g, "value": f"kind {i:03}", "n": 1_000 + i} for g in groups for i in range(500)),
    ]
    reporting.write_report(results, load_definition(analysis), ["en"], tmp_path)
    text = (tmp_path / "report.en.md").read_text("utf-8")
    assert [f"kind {i:03}" for i in range(500) if f"| kind {i:03} |" in text] == [f"kind {i}" for i in range(470, 500)]
    assert "470 further values stand in the result table." in text
