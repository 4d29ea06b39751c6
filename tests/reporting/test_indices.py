"""The chapter on the two indices, from hand-made rows."""

import re

import pytest

from jobs.reporting.markdown import render
from jobs.reporting.report import build_report
from jobs.reporting.rows import Rows
from jobs.reporting.words import words_for
from tests.reporting.conftest import load_parsed
from tests.reporting.numbers_in_text import numbers_without_a_row, texts_of_chart

COUNTS = {
    ("high", "high"): 14, ("high", "medium"): 19, ("high", "low"): 17,
    ("medium", "high"): 15, ("medium", "medium"): 16, ("medium", "low"): 20,
    ("low", "high"): 21, ("low", "medium"): 18, ("low", "low"): 12,
    ("(none)", "low"): 10, ("high", "(none)"): 8,
}  # fmt: skip
PARTS = {
    "value_index": ("estimated_customer_ltv", "customer_health_score", "monetary_score", "frequency_score",
                    "number_of_platforms"),
    "risk_index": ("activity_risk_level", "engagement_velocity", "sales_to_support_days", "zendesk_active",
                   "primary_engagement_channel"),
}  # fmt: skip


def _measure(name, n, n_missing, mean, **more):
    return {
        "section": "indices", "group_name": "cohort", "measure": name, "unit": "points", "n": n, "n_missing": n_missing,
        "mean": mean, "median": mean, "trimmed_mean": mean, "ci_low": mean - 0.02, "ci_high": mean + 0.02,
        "p33": None, "p67": None, "by_definition": False, "source_table": None, **more,
    }  # fmt: skip


def _cell(value, risk, n, strategies):
    mean = 1000.0 * n
    return {
        "section": "indices", "group_name": "cohort", "row_dimension": "value_index_level", "row_value": value,
        "column_dimension": "risk_index_level", "column_value": risk, "n": n, "n_health": n, "mean_health": 70.0,
        "health_ci_low": 69.0, "health_ci_high": 71.0, "n_ltv": n, "mean_ltv": mean, "ltv_ci_low": mean - 500,
        "ltv_ci_high": mean + 500, "sum_ltv": mean * n, "value_at_stake": mean * n / 2,
        "label": strategies.get((value, risk)),
    }  # fmt: skip


def _results(definition, counts=COUNTS):
    cells = definition["sections"]["indices"]["cells"]
    strategies = {(cell["value"], cell["risk"]): cell["strategy"] for cell in cells}
    size = sum(counts.values())
    without = {
        "value_index": sum(n for (value, _), n in counts.items() if value == "(none)"),
        "risk_index": sum(n for (_, risk), n in counts.items() if risk == "(none)"),
    }
    measures = [
        _measure("value_index", size - without["value_index"], without["value_index"], 0.425, p33=0.364, p67=0.473),
        _measure("risk_index", size - without["risk_index"], without["risk_index"], 0.468, p33=0.381, p67=0.538),
    ]
    for index, parts in PARTS.items():
        for place, column in enumerate(parts):
            missing = without[index] if place == 0 else 0
            measures.append(_measure(f"{index}.{column}", size - missing, missing, 0.5 + place / 100))
    return {
        "attrition": [
            {"step": 0, "predicate": "population", "n_remaining": 900, "n_undecidable": 0, "statistic_value": None},
            {"step": 1, "predicate": "all", "n_remaining": size, "n_undecidable": 0, "statistic_value": None},
        ],
        "measures": measures,
        "crosstabs": [_cell(value, risk, n, strategies) for (value, risk), n in counts.items()],
        "strategies": [
            {"segment": f"{value}/{risk}", "n": n, "value_at_stake": 500.0 * n * n, "priority": priority,
             "strategy": strategies[value, risk], "owner": "sales", "due_days": 30, "kpi": "estimated_customer_ltv",
             "kpi_now": 1000.0 * n, "kpi_target": 1100.0 * n, "kpi_alarm": 900.0 * n}
            for priority, ((value, risk), n) in enumerate(
                sorted(((cell, n) for cell, n in counts.items() if cell in strategies), key=lambda item: -item[1]), 1)
        ],
    }  # fmt: skip


@pytest.fixture
def definition():
    return load_parsed("conversion_behaviour")


def _chapter(results, definition, language="en", name="indices"):
    report = build_report(Rows(results), definition, language)
    section = next(section for section in report.sections if section.name == name)
    whole = render(report, words_for(language, definition))
    return section, whole.split(f"## {section.title}\n", 1)[1].split("\n## ", 1)[0]


def _chart(section):
    return next(block for block in section.blocks if getattr(block, "name", "") == "value_risk_indices").chart


def test_each_part_stands_with_its_weight_and_how_it_is_scaled(definition):
    _, text = _chapter(_results(definition), definition)
    assert "| Lifetime value | 0 at the lowest value in the cohort, 1 at the highest | 35% | 0.500 |" in text
    levels = "Very Low 0, Low 0.25, Medium 0.5, High 0.75, High Activity Risk 0.9, Critical 1"
    assert f"| Risk level | {levels} | 40% | 0.500 |" in text
    assert "| Activity on Zendesk | 1 when not active, 0 when active | 10% |" in text
    assert "| Main engagement channel | 1 where the mean health score" in text
    _, chinese = _chapter(_results(definition), definition, "zh")
    assert "| 风险等级 | 极低 0、低 0.25、中 0.5、高 0.75、高活动风险 0.9、危急 1 | 40% | 0.500 |" in chinese


def test_thresholds_stand_beside_mean_and_median(definition):
    _, text = _chapter(_results(definition), definition)
    assert "| Value index | 160 | 0.425 | 0.405 to 0.445 | 0.425 | 0.425 | 0.364 | 0.473 |" in text
    assert "| Risk index | 162 | 0.468 | 0.448 to 0.488 | 0.468 | 0.468 | 0.381 | 0.538 |" in text


def test_customers_without_an_index_are_counted_with_what_they_lack(definition):
    _, text = _chapter(_results(definition), definition)
    off = "because one of these is missing or off the scale of the index"
    assert f"10 cohort customers have no value index, {off}: lifetime value." in text
    assert f"8 cohort customers have no risk index, {off}: risk level." in text
    complete = {cell: n for cell, n in COUNTS.items() if "(none)" not in cell}
    _, text = _chapter(_results(definition, complete), definition)
    assert "Every cohort customer has both indices." in text


def test_a_part_that_is_the_same_for_everybody_is_named(definition):
    results = _results(definition)
    results["quality"] = [
        {"table_name": "t", "check_name": "constant_index_part", "severity": "warning", "passed": False,
         "observed": 1.0, "expected": "0", "message_id": "constant_index_part",
         "params": {"column": "monetary_score", "index": "value_index"}, "touches_section": "indices",
         "touches_measure": "value_index"},
        {"table_name": "t", "check_name": "customers_without_index", "severity": "info", "passed": False,
         "observed": 10.0, "expected": "0", "message_id": "customers_without_index",
         "params": {"index": "value_index"}, "touches_section": "indices", "touches_measure": "value_index"},
    ]  # fmt: skip
    _, text = _chapter(results, definition)
    line = next(line for line in text.split("\n") if line.startswith("| Monetary score"))
    assert "the same for everybody in the cohort, so it counts as 0" in line
    assert text.count("> **Caution.**") == 1  # who has no index is told once, in the text
    assert "0 at the lowest" in next(line for line in text.split("\n") if line.startswith("| Frequency score"))


def test_each_cell_has_size_value_stake_and_strategy(definition):
    section, text = _chapter(_results(definition), definition)
    assert "| High | High | Rescue now | 14 | \\$14,000 | \\$13,500 to \\$14,500 | \\$98,000 |" in text
    assert "| Low | Low | Maintain | 12 | \\$12,000 | \\$11,500 to \\$12,500 | \\$72,000 |" in text
    chart = _chart(section)
    lines = ("Rescue now", "n = 14", "LTV $14,000", "($13,500 to $14,500)", "at stake $98,000")
    assert chart.cells[0][0].lines == lines
    assert chart.cells[2][0].value == 21 * 21_000 / 2


def test_the_cell_with_most_at_stake_leads(definition):
    section, text = _chapter(_results(definition), definition)
    assert "Low value / High risk: \\$220,500 with 21 customers. Strategy: Automate." in text
    assert _chart(section).title == "Nine cells of value and risk: most is at stake in Low value / High risk"


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_number_of_the_chapter_stands_in_a_row(definition, language):
    results = _results(definition)
    section, text = _chapter(results, definition, language)
    assert numbers_without_a_row(text, results, definition) == []
    drawn = "\n".join(texts_of_chart(_chart(section)))
    assert numbers_without_a_row(drawn, results, definition) == []


def test_a_small_cell_is_hidden_with_a_partner_in_table_chart_and_recommendation(definition):
    counts = {**COUNTS, ("low", "low"): 3}
    section, text = _chapter(_results(definition, counts), definition)
    lines = [line for line in text.split("\n") if line.startswith("| ")]
    assert any(line.startswith("| Low | Low | Maintain | &lt;5 | – | – | – |") for line in lines)
    chart = _chart(section)
    assert chart.cells[2][2].lines == ("Maintain", "n < 5")
    assert chart.cells[2][2].value is None
    # 14 is the smallest other cell: with the total of 164 it would give the 3 away.
    assert any(line.startswith(r"| High | High | Rescue now | \* | – |") for line in lines)
    assert chart.cells[0][0].value is None
    _, advice = _chapter(_results(definition, counts), definition, name="recommendations")
    hidden = [line for line in advice.split("\n") if re.search(r"\| (Low value / Low|High value / High) risk \|", line)]
    assert len(hidden) == 2
    assert not any("$" in line for line in hidden)


def test_a_handful_without_an_index_is_not_counted_out(definition):
    counts = {cell: n for cell, n in COUNTS.items() if "(none)" not in cell} | {("(none)", "low"): 2}
    _, text = _chapter(_results(definition, counts), definition)
    assert "&lt;5 cohort customers have no value index" in text
    assert r"| Value index | \* | 0.425 |" in text
    assert "| Risk index | 154 | 0.468 |" in text


def test_a_flag_of_few_customers_is_no_mean(definition):
    results = _results(definition)
    for row in results["measures"]:
        if row["measure"] == "risk_index.zendesk_active":
            row["mean"] = 3 / row["n"]
    _, text = _chapter(results, definition)
    assert r"| Activity on Zendesk | 1 when not active, 0 when active | 10% | \* |" in text


def test_without_rows_or_cohort_a_sentence_stands(definition):
    results = _results(definition)
    _, text = _chapter({**results, "crosstabs": []}, definition)
    assert "no rows for this chapter" in text
    results["attrition"][-1]["n_remaining"] = 3
    _, text = _chapter(results, definition)
    assert "Fewer than 5 customers meet all conditions" in text
    assert "0.425" not in text
