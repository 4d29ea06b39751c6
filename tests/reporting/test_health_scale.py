"""The scale of the health score stands where means of health are compared."""

from __future__ import annotations

import pytest

from jobs.reporting.model import Paragraph
from jobs.reporting.report import build_report
from jobs.reporting.rows import Rows
from tests.reporting.conftest import Results, load_parsed, load_results


def _texts(results: Results, name: str, language: str, section: str) -> list[str]:
    report = build_report(Rows(results), load_parsed(name), language)
    (chapter,) = [one for one in report.sections if one.name == section]
    return [block.text for block in chapter.blocks if isinstance(block, Paragraph)]


def _with(name: str, **change: object) -> Results:
    results = load_results(name)
    for row in results["measures"]:
        if row["group_name"] == "population" and row["measure"] == "customer_health_score":
            row |= {"p10": 1.5, "p90": 3.25, "n": 40} | change
    return results


@pytest.mark.parametrize(
    ("name", "section"), [("special_conversion", "cohort_profile"), ("limited_data_value", "segments")]
)
@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "The higher the health score, the healthier the customer; eight of ten scores lie between 1.50 and"),
        ("zh", "健康度评分越高，客户越健康；八成评分介于 1.50 与 3.25 之间（n = 40）。"),
    ],
)  # fmt: skip
def test_the_scale_stands_at_the_head_of_the_chapter(name: str, section: str, language: str, text: str) -> None:
    assert _texts(_with(name), name, language, section)[1].startswith(text)


@pytest.mark.parametrize("change", [{"n": 4}, {"p10": None}, {"p90": None}])
def test_nothing_is_said_of_a_handful_or_without_percentiles(change: dict[str, object]) -> None:
    results = _with("special_conversion", **change)
    assert not any(
        "eight of ten scores" in text for text in _texts(results, "special_conversion", "en", "cohort_profile")
    )
