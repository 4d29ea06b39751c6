"""What the figures of the recommendations mean: whom targets are for, and what enters the value at stake."""

import pytest

from jobs.reporting.markdown import render
from jobs.reporting.report import build_report
from jobs.reporting.rows import Rows
from jobs.reporting.words import words_for
from tests.reporting.conftest import load_definition, load_results

BY_RISK = ("high_value_cohort", "conversion_behaviour", "special_conversion")


def _chapter(analysis, definition=None, results=None, language="en"):
    definition = definition or load_definition(analysis)
    words = words_for(language, definition)
    text = render(build_report(Rows(results or load_results(analysis)), definition, language), words)
    return text.split(f"## {words.text('titles.recommendations')}\n")[1].split("\n## ")[0]


@pytest.mark.parametrize("analysis", ["high_value_cohort", "low_consistency_high_value"])
def test_targets_are_for_the_customers_of_today_not_for_a_group_formed_anew(analysis, language):
    said = words_for(language, {}).text("recommendations.kpi_basis")
    assert said in _chapter(analysis, language=language)
    results = load_results(analysis)
    results["strategies"] = [row | {"kpi_target": None} for row in results["strategies"]]
    assert said not in _chapter(analysis, results=results, language=language)


@pytest.mark.parametrize("analysis", [*BY_RISK, "low_consistency_high_value"])
def test_where_groups_are_named_by_risk_the_stake_says_that_risk_does_not_enter_it(analysis):
    assert ("only churn probability enters it, not the risk level" in _chapter(analysis)) is (analysis in BY_RISK)


def test_segments_cut_by_a_risk_category_are_named_by_risk_too():
    definition = load_definition("low_consistency_high_value")
    definition["segments"]["rules"][0]["all"].append({"column": "risk_category", "operator": "=", "value": "High Risk"})
    assert "only churn probability enters it, not the risk level" in _chapter("low_consistency_high_value", definition)
