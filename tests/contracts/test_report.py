"""Rules that do not hold, in the words of a report: both languages, every figure traced."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest

from jobs.contracts.evaluate import findings
from jobs.contracts.model import Contract
from jobs.inputs import Inputs
from jobs.reporting import report as reporting
from jobs.reporting.context import Context
from jobs.reporting.quality_notes import message, notes_for
from jobs.reporting.rows import Rows
from jobs.reporting.words import words_for
from tests.pictures import not_drawn
from tests.reporting import printed_numbers as numbers
from tests.reporting.conftest import load_definition, load_results
from transforms.input_tables import TABLES

ANALYSIS = "high_value_cohort"
VALUE = TABLES["value"].name
NOON = dt.datetime(2026, 3, 10, 12, tzinfo=dt.UTC)
EVERYTHING = {
    "columns": [{"column": "risk_category"}],
    "key": [{"tolerance": 0.05}],
    "snapshot": [{"maximum_age_days": 1.5}, {"maximum_ahead_days": 1}],
    "ranges": [
        {"column": "churn_probability", "minimum": 0, "maximum": 1},
        {"column": "monetary_score", "minimum": 1, "tolerance": 0.01},
        {"column": "recency_score", "maximum": 5},
    ],
    "values": [{"column": "customer_tier", "allowed": ["Basic", "Gold"], "tolerance": 0.5}],
    "relations": [{"to": "activity", "minimum_match_rate": 0.9, "maximum_fan_out": 20}],
    "rows": [{"minimum": 20_000, "maximum_drop": 0.25}, {"maximum_growth": 0.5}],
}
COUNTS = {
    "n_rows": 12_000,
    "rows_without_key": 601,
    "contract_range__0": 1,
    "contract_range__1": 776,
    "contract_range__2": 12_000,
    "contract_values__0": 6_001,
}


def failed_rows(before: float, newest: dt.datetime | None) -> list[dict[str, Any]]:
    """The failed rules of a contract that asks everything, over counts as a run takes them."""
    rules = {kind: [{"severity": "warning", **rule} for rule in listed] for kind, listed in EVERYTHING.items()}
    micros = None if newest is None else int(newest.timestamp() * 1_000_000)
    inputs = Inputs(
        pinned=dict.fromkeys(("value", "activity")),  # type: ignore[arg-type]
        rows={},
        counts={"value": {**COUNTS, "newest": micros}, "activity": {"n_rows": 1}},
        absent={"value": ["risk_category"]},
        contracts={"value": Contract.model_validate({"contract": "value", **rules})},
        relations={"customers__value__activity": 900, "matched__value__activity": 400, "fan_out__value__activity": 24},
    )
    return [one.row() for one in findings(inputs, ("value",), NOON, {VALUE: before}) if one.failed]


def every_failure() -> list[dict[str, Any]]:
    late, early = NOON - dt.timedelta(days=3, hours=6), NOON + dt.timedelta(days=2)
    found = failed_rows(17_000, late) + failed_rows(7_000, early) + failed_rows(12_000, None)
    return list({(row["message_id"], row["touches_measure"]): row for row in found}.values())


def context(language: str) -> Context:
    definition = load_definition(ANALYSIS)
    words = words_for(language, definition)
    rows = Rows({**load_results(ANALYSIS), "quality": every_failure()})
    return Context(rows=rows, definition=definition, words=words, chart_words=words, minimum=5)


ENGLISH = {
    "contract_column_missing": "The contract expects the column risk category in VALUE; the table lacks it.",
    "contract_key_missing": "5.01% of the rows of VALUE have no key; the contract allows 5%.",
    "contract_freshness": "The newest snapshot of VALUE is 3.25 days old; the contract allows 1.5.",
    "contract_freshness_ahead": "The newest snapshot of VALUE lies 2 days in the future; the contract allows 1.",
    "contract_freshness_unknown": "No snapshot of VALUE has a time, so nothing says how old they are.",
    "contract_rows": "VALUE has 12,000 rows; the contract expects at least 20,000.",
    "contract_row_change_drop": "VALUE has lost 29.4% of its rows since the last publication; the contract allows 25%.",
    "contract_row_change_growth": "VALUE has grown by 71.4% since the last publication; the contract allows 50%.",
    "contract_range": "In 0.00833% of the rows of VALUE, churn probability lies outside 0 to 1; "
    "the contract allows 0%.",
    "contract_range_minimum": "In 6.47% of the rows of VALUE, monetary score lies below 1; the contract allows 1%.",
    "contract_range_maximum": "In 100% of the rows of VALUE, recency score lies above 5; the contract allows 0%.",
    "contract_values": "In 50.01% of the rows of VALUE, tier is none of the values of the contract"
    " (Basic, Gold); it allows 50%.",
    "contract_match_rate": "Of the customers of VALUE, fewer have rows in ACTIVITY than the contract expects (90%).",
    "contract_fan_out": "A customer of VALUE has up to 24 rows in ACTIVITY; the contract allows 20.",
}


def test_every_rule_that_fails_has_a_sentence() -> None:
    found = {row["message_id"]: message(context("en"), row) for row in context("en").rows.all("quality")}
    names = {VALUE: "VALUE", TABLES["activity"].name: "ACTIVITY"}
    for name, short in names.items():
        found = {key: text.replace(name, short) for key, text in found.items()}
    assert found == ENGLISH


def test_and_one_in_chinese() -> None:
    found = {row["message_id"]: message(context("zh"), row) for row in context("zh").rows.all("quality")}
    assert set(found) == set(ENGLISH)
    assert all(text.endswith("。") and "contract" not in text for text in found.values())
    assert "24 行，数据契约允许的上限为 20 行" in found["contract_fan_out"]
    assert "50.01% 的行" in found["contract_values"]
    assert "Basic, Gold" in found["contract_values"]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_rule_is_told_where_the_measure_stands(language: str) -> None:
    (note,) = notes_for(context(language), "cohort_profile", measures=["monetary_score"])
    assert "6.47%" in note.text


def test_every_figure_of_a_sentence_is_a_cell_of_quality_or_a_setting_of_the_contract(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "charts").mkdir()
    monkeypatch.setattr(reporting, "write_chart", not_drawn)
    definition, rows = load_definition(ANALYSIS), load_results(ANALYSIS)
    rows["quality"] += every_failure()
    reporting.write_report(rows, definition, ["en", "zh"], tmp_path)
    for language in ("en", "zh"):
        figures = numbers.figures_of(tmp_path, language)
        page = (tmp_path / f"report.{language}.html").read_text("utf-8")
        printed = numbers.parse_html(page)
        assert "12,000" in printed.texts["quality"]
        assert numbers.unexplained(printed, figures, rows, definition) == []
        assert numbers.not_its_cell(figures, rows) == []
