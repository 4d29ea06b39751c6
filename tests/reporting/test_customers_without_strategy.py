"""Customers no strategy is for: what is at stake among them is said, unless it would show a small group."""

from __future__ import annotations

from typing import Any

import pytest

from jobs.reporting.markdown import render
from jobs.reporting.report import build_report
from jobs.reporting.rows import Rows
from jobs.reporting.words import words_for
from tests.reporting.conftest import Results, load_parsed, load_results


def _results(name: str, n: int, stake: float) -> Results:
    results = load_results(name)
    first = results["strategies"][0]
    rest: dict[str, Any] = dict.fromkeys(first) | {"segment": "(none)", "strategy": "(none)"}
    rest |= {"n": n, "value_at_stake": stake, "priority": 1 + len(results["strategies"])}
    return results | {"strategies": [*results["strategies"], rest]}


def _chapters(name: str, results: Results, language: str = "en") -> tuple[str, str, Any]:
    """Return summary, recommendations and the chart's labels."""
    definition = load_parsed(name)
    words = words_for(language, definition)
    report = build_report(Rows(results), definition, language)
    text = render(report, words)
    chapters = [
        text.split(f"## {words.text(f'titles.{title}')}\n")[1].split("\n## ")[0]
        for title in ("summary", "recommendations")
    ]
    return chapters[0], chapters[1], next(f for f in report.figures() if f.name == "value_at_stake").chart


def test_more_at_stake_without_a_strategy_than_in_the_first_group_is_in_the_summary() -> None:
    summary, chapter, chart = _chapters("high_value_cohort", _results("high_value_cohort", 378, 9e9))
    assert "Most of all, \\$9,000,000,000, is at stake among the 378 customers in no group with a strategy." in summary
    assert "378 customers are in no group with a strategy; \\$9,000,000,000 is at stake among them." in chapter
    assert chart.title.startswith("Most is at stake among customers without a strategy, $9,000,000,000; with one, in ")
    assert chart.labels[-1] == "No strategy"
    assert chart.values[-1] == 9e9


def test_less_at_stake_is_in_the_chapter_alone() -> None:
    summary, chapter, _ = _chapters("high_value_cohort", _results("high_value_cohort", 378, 1.0))
    assert "no group with a strategy" not in summary
    assert "378 customers" in chapter


def test_the_chinese_report_says_it_too() -> None:
    summary, chapter, chart = _chapters("high_value_cohort", _results("high_value_cohort", 378, 9e9), "zh")
    assert "面临风险的价值最大的，其实是没有对应策略的 378 名客户：" in summary
    assert "有 378 名客户没有对应的策略" in chapter
    assert chart.labels[-1] == "无策略"


@pytest.mark.parametrize("which", ["a small rest", "a small group with a strategy"])
def test_nothing_is_said_that_would_show_a_small_group(which: str) -> None:
    results = _results("high_value_cohort", 4 if which == "a small rest" else 378, 9e9)
    if which != "a small rest":
        for row in results["strategies"]:
            row["n"] = 3 if row["segment"] == "sleepers" else row["n"]
    summary, chapter, chart = _chapters("high_value_cohort", results)
    assert "9,000,000,000" not in summary + chapter
    assert "No strategy" not in chart.labels


def test_customers_without_a_strategy_have_no_rank() -> None:
    _, chapter, _ = _chapters("high_value_cohort", _results("high_value_cohort", 378, 9e9))
    assert "(none)" not in chapter
