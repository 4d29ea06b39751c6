"""The chapter on alerts, from hand-made rows."""

import pytest

from jobs.reporting.markdown import render
from jobs.reporting.report import build_report
from jobs.reporting.rows import Rows
from jobs.reporting.words import words_for
from tests.reporting.conftest import load_parsed, load_results
from tests.reporting.numbers_in_text import numbers_without_a_row

NONE = ("(none)", "(none)")
COUNTS = {
    ("slow_support_and_falling", "red"): 12, ("slow_support_and_falling", "amber"): 7, ("weak_health", "amber"): 21,
    NONE: 135,
}  # fmt: skip
WIN_BACK = {("likely_to_leave", "red"): 45, ("drifting", "amber"): 38, NONE: 27}


def _results(counts):
    size = sum(counts.values())
    levels = {level: sum(n for (_, to), n in counts.items() if to == level) for level in ("red", "amber", "(none)")}
    return {
        "attrition": [
            {"step": 0, "predicate": "population", "n_remaining": 900, "n_undecidable": 0, "statistic_value": None},
            {"step": 1, "predicate": "all", "n_remaining": size, "n_undecidable": 0, "statistic_value": None},
        ],
        "distributions": [
            {"section": "alerts", "group_name": "cohort", "dimension": "alert", "value": level, "n": n,
             "share": n / size, "share_low": n / size - 0.01, "share_high": n / size + 0.02, "population_share": None,
             "index": None}
            for level, n in levels.items()
        ],
        "crosstabs": [
            {"section": "alerts", "group_name": "cohort", "row_dimension": "alert_rule", "row_value": rule,
             "column_dimension": "alert", "column_value": level, "n": n, "n_health": n, "mean_health": 40.0 + n,
             "health_ci_low": 39.0 + n, "health_ci_high": 41.5 + n, "n_ltv": n, "mean_ltv": 1000.0 * n,
             "ltv_ci_low": 900.0 * n, "ltv_ci_high": 1100.0 * n, "sum_ltv": 1000.0 * n * n,
             "value_at_stake": 600.0 * n * n, "label": None}
            for (rule, level), n in counts.items()
        ],
    }  # fmt: skip


def _chapter(results, definition, language="en", name="alerts"):
    report = build_report(Rows(results), definition, language)
    title = next(section.title for section in report.sections if section.name == name)
    whole = render(report, words_for(language, definition))
    return whole.split(f"## {title}\n", 1)[1].split("\n## ", 1)[0]


@pytest.fixture
def definition():
    return load_parsed("conversion_behaviour")


def test_each_rule_stands_in_words_with_its_level_and_when_it_is_lowered(definition):
    results = _results(COUNTS)
    results["measures"] = [{"section": "cohort_profile", "group_name": "cohort", "measure": "sales_to_support_days",
                            "unit": "days", "n": 175, "mean": 78.9}]  # fmt: skip
    text = _chapter(results, definition)
    assert (
        "1. **High risk, low health and falling engagement (Red alert):** Sales-to-support time above 30 days, and "
        "engagement velocity is Declining or Stagnant, and risk level is High, High Activity Risk, or Critical, and "
        "health score below 70. Amber alert instead when active on Zendesk."
    ) in text
    assert "2. **Weak health and unsteady or falling engagement (Amber alert):** Health score below 60 and" in text
    chinese = _chapter(_results(COUNTS), definition, "zh")
    assert "若在 Zendesk 上活跃，则降为黄色预警。" in chinese
    assert "**健康度偏低且互动波动或下滑（黄色预警）：**" in chinese


def test_levels_stand_with_share_and_interval(definition):
    text = _chapter(_results(COUNTS), definition)
    assert "Red alert: 12 customers (6.9% of the cohort). Amber alert: 28 customers (16.0% of the cohort)." in text
    assert "| Red alert | 12 | 6.9% | 5.9% to 8.9% |" in text
    assert "| No alert | 135 | 77.1% | 76.1% to 79.1% |" in text


def test_each_rule_stands_with_health_value_and_stake_lowered_customers_apart(definition):
    text = _chapter(_results(COUNTS), definition)
    rule = "| High risk, low health and falling engagement | "
    assert rule + "Red alert | 12 | 52.00 | 51.00 to 53.50 | \\$12,000 | \\$86,400 |" in text
    assert rule + "Amber alert (lowered) | 7 | 47.00 | 46.00 to 48.50 | \\$7,000 | \\$29,400 |" in text
    assert "| – | No alert | 135 | 175.00 |" in text
    assert "by construction" in text


def test_a_rule_that_matches_nobody_is_shown(definition):
    text = _chapter(_results({("weak_health", "amber"): 21, NONE: 135}), definition)
    assert "Red alert: nobody in the cohort." in text
    assert "| High risk, low health and falling engagement | Red alert | 0 | – | – | – | – |" in text
    assert "nobody is under red alert" in text


def test_nobody_under_alert_asks_for_nothing(definition):
    text = _chapter(_results({NONE: 135}), definition)
    assert "no cohort customer meets a rule" in text
    summary = _chapter(_results({NONE: 135}), definition, name="summary")
    assert "Red alert (High risk, low health and falling engagement): nobody in the cohort." in summary


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_number_of_the_chapter_stands_in_a_row(definition, language):
    results = _results(COUNTS)
    assert numbers_without_a_row(_chapter(results, definition, language), results, definition) == []


def test_a_small_cell_is_hidden_with_its_sums(definition):
    counts = {**COUNTS, ("slow_support_and_falling", "red"): 3}
    text = _chapter(_results(counts), definition)
    assert "Red alert: fewer than 5 customers of the cohort." in text
    assert "| Red alert | &lt;5 | – | – |" in text
    assert "| High risk, low health and falling engagement | Red alert | &lt;5 | – | – | – | – |" in text
    # All cohort customers and those without an alert are known: one more level is withheld.
    assert r"| Amber alert | \* | – | – |" in text
    assert "not printed, as it would give a small group away" in text
    assert "29,400" not in text


def test_strategies_of_rules_are_named_and_ranked():
    definition = load_parsed("win_back")
    results = _results(WIN_BACK)
    results["strategies"] = [
        {"segment": name, "n": n, "value_at_stake": 600.0 * n * n, "priority": priority, "strategy": strategy,
         "owner": "sales", "due_days": 14, "kpi": "churn_probability", "kpi_now": 0.7, "kpi_target": 0.6,
         "kpi_alarm": 0.75}
        for priority, (name, n, strategy) in enumerate(
            [("likely_to_leave", 45, "call_now"), ("drifting", 38, "campaign")], 1)
    ]  # fmt: skip
    text = _chapter(results, definition)
    assert "**Likely to leave (Red alert):** Churn probability at least 60%. What to do: Call now." in text
    assert "by construction" not in text  # no rule asks for health
    assert "Sales: go through the customers under red alert first" in text
    advice = _chapter(results, definition, name="recommendations")
    assert "| 1 | Likely to leave | Call now |" in advice
    assert "1,215,000" in advice
    assert "| 2 | 逐渐疏远 | 召回活动 |" in _chapter(results, definition, "zh", "recommendations")


@pytest.mark.parametrize(
    ("red", "none", "red_stake"),
    [
        # 27 without an alert is the next smallest cell; the red ones stay.
        pytest.param(45, 27, "1,215,000", id="those_without_an_alert_protect"),
        pytest.param(10, 200, None, id="the_other_rule_protects"),
    ],
)
def test_a_hidden_rule_shows_no_stake_among_the_recommendations(red, none, red_stake):
    results = _results({("likely_to_leave", "red"): red, ("drifting", "amber"): 4, NONE: none})
    results["strategies"] = [
        {"segment": name, "n": n, "value_at_stake": 600.0 * n * n, "priority": priority, "strategy": strategy,
         "owner": "sales", "due_days": 14, "kpi": "churn_probability", "kpi_now": 0.7, "kpi_target": 0.6,
         "kpi_alarm": 0.75}
        for priority, (name, n, strategy) in enumerate(
            [("likely_to_leave", red, "call_now"), ("drifting", 4, "campaign")], 1)
    ]  # fmt: skip
    advice = _chapter(results, load_parsed("win_back"), name="recommendations")
    assert "| 2 | Drifting away | Win-back campaign |" in advice
    assert ("$" in advice) == (red_stake is not None)
    assert red_stake is None or red_stake in advice
    assert "9,600" not in advice


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_report_of_a_run_holds_no_number_without_a_row(language):
    definition, results = load_parsed("win_back"), load_results("win_back")
    text = render(build_report(Rows(results), definition, language), words_for(language, definition))
    assert numbers_without_a_row(text, results, definition) == []
    assert "None" not in text
