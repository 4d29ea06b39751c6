"""What a finding of the summary must hold besides its sentence: an interval, a number of customers, its sources."""

from __future__ import annotations

from typing import Any

import pytest

from jobs.reporting.markdown import render
from jobs.reporting.report import build_report
from jobs.reporting.rows import Rows
from jobs.reporting.trace import chosen, printed, recording, traced
from jobs.reporting.words import words_for
from tests.reporting.conftest import Results, load_definition, load_parsed, load_results

_INTERVAL = {"en": "95% interval", "zh": "95% 区间"}


def _bullets(results: Results, definition: dict[str, Any], language: str) -> list[Any]:
    report = build_report(Rows(results), definition, language)
    summary = next(section for section in report.sections if section.name == "summary")
    return [bullet for block in summary.blocks for bullet in getattr(block, "items", ())]


def _only(section: str, name: str) -> Results:
    """Rows in which nothing but the test of this chapter differs, so that its finding is among the five."""
    results = load_results(name)
    for table in ("comparisons", "associations", "correlations"):
        for row in results[table]:
            telling = table == "associations" and row["section"] == section
            row["p_value"] = row["p_adjusted"] = 1e-6 if telling else 0.9
    return results


@pytest.mark.parametrize("section", ["risk_velocity", "platforms"])
def test_a_finding_about_health_ends_with_the_extremes_and_their_intervals(section: str, language: str) -> None:
    definition = load_parsed("conversion_behaviour")
    bullets = _bullets(_only(section, "conversion_behaviour"), definition, language)
    lead = words_for(language, definition).text(f"summary.lead.{section}")
    (found,) = [bullet for bullet in bullets if bullet.lead == lead]
    assert found.text.count(_INTERVAL[language]) >= 1
    assert {source.table for source in found.sources} == {"associations", "crosstabs"}


def _report(results: Results, name: str, language: str = "en") -> str:
    definition = load_parsed(name)
    return render(build_report(Rows(results), definition, language), words_for(language, definition))


def _line(text: str, lead: str) -> str:
    return next(line for line in text.splitlines() if lead in line)


def test_a_rare_spelling_does_not_lead_the_mix_however_odd_its_share() -> None:
    results = load_results("conversion_behaviour")
    dimension = "primary_engagement_channel"
    rows = [r for r in results["distributions"] if r["section"] == "channels" and r["dimension"] == dimension]
    for row in rows:
        if row["group_name"] == "cohort" and row["value"] == "Chat":
            # a hundredth of what is expected of 6 in 1,000: furthest by ratio, nothing by weight
            row |= {"n": 6, "share": 0.0067, "share_low": 0.003, "share_high": 0.014}
            row |= {"population_share": 0.0001, "index": 6700.0}
        if row["group_name"] == "cohort" and row["value"] == "Webinar":
            row |= {"share": 0.22, "population_share": 0.15, "index": 147.0}
    text = _report(_telling(results, "channels"), "conversion_behaviour")
    assert "Webinar" in _line(text, "**Channels.**")


def _telling(results: Results, section: str) -> Results:
    for row in results["associations"]:
        if row["section"] == section:
            row["p_value"] = row["p_adjusted"] = 1e-9
    return results


@pytest.mark.parametrize(("n", "is_named"), [(9, True), (8, False)])
def test_a_cell_of_less_than_a_hundredth_is_no_extreme(n: int, is_named: bool) -> None:
    results = load_results("conversion_behaviour")
    for row in results["crosstabs"]:
        if row["section"] == "risk_velocity" and row["group_name"] == "cohort":
            is_one = (row["row_value"], row["column_value"]) == ("Low", "Stable")
            row |= {"mean_health": 99.0, "n_health": n} if is_one else {}
    text = _report(results, "conversion_behaviour")
    # 894 customers: 9 are a hundredth
    assert ("The highest mean health is 99.00 in Low / Stable" in text) is is_named


@pytest.mark.parametrize(("n", "is_named"), [(9, True), (8, False)])
def test_a_tier_of_less_than_a_hundredth_is_no_direction(n: int, is_named: bool) -> None:
    results = load_results("conversion_behaviour")
    for row in results["comparisons"]:
        if row["section"] == "tier_ltv" and row["group_b"] == "peers":
            row["p_value"] = row["p_adjusted"] = 0.9
            if row["stratum"] == "Gold":
                row |= {"n_a": n, "p_value": 1e-9, "p_adjusted": 1e-9, "effect_size": 3.0}
    found = next(
        line for line in _report(results, "conversion_behaviour").splitlines() if "**Lifetime value.**" in line
    )
    assert ("in Gold (" in found) is is_named


def test_what_shows_before_correction_only_is_not_listed_among_what_shows_no_difference() -> None:
    results = load_results("conversion_behaviour")
    results["associations"] = []
    rows = [r for r in results["comparisons"] if r["section"] == "cohort_profile" and r["p_value"] is not None]
    for row in rows:
        row["p_value"] = row["p_adjusted"] = 0.9
    rows[0] |= {"p_value": 0.01, "p_adjusted": 0.2, "ci_low": 0.1, "ci_high": 0.3}
    measure = words_for("en", load_parsed("conversion_behaviour")).measure(rows[0]["measure"])
    found = _line(_report(results, "conversion_behaviour"), "**Profile.**")
    first, _, second = found.partition("(n = ")
    assert measure not in first
    assert f"For {measure}, a difference shows in the uncorrected 95% interval only" in second


@pytest.mark.parametrize("name", ["high_value_cohort", "conversion_behaviour"])
def test_who_is_under_alert_stands_in_the_summary(name: str) -> None:
    leads = [bullet.lead for bullet in _bullets(load_results(name), load_parsed(name), "en")]
    assert "Alerts." in leads


@pytest.mark.parametrize("name", ["limited_data_value", "low_consistency_high_value"])
def test_a_summary_of_segments_holds_five_findings_at_most(name: str, language: str) -> None:
    bullets = _bullets(load_results(name), load_definition(name), language)
    assert 3 <= len(bullets) <= 5
    words = words_for(language, load_definition(name))
    assert bullets[0].lead == words.text("summary.lead.ltv")
    assert bullets[-1].lead == words.text("summary.lead.first")


def test_equal_thresholds_are_told_once() -> None:
    results = load_results("conversion_behaviour")
    ours = next(row for row in results["method_sensitivity"] if row["method"] == "latest_snapshot")
    for row in results["method_sensitivity"]:
        if row["method"] == "row_level":
            row["population_mean"] = ours["population_mean"]
    text = _report(results, "conversion_behaviour")
    assert "whether it is taken over customers or over table rows" in text
    assert "With the second threshold" not in text


@pytest.mark.parametrize(
    ("language", "expected"), [("en", "active on Zendesk"), ("zh", "Zendesk 活跃状态")], ids=["en", "zh"]
)
def test_only_english_loses_its_capital_inside_a_sentence(language: str, expected: str) -> None:
    words = words_for(language, load_parsed("conversion_behaviour"))
    found = words.dimension_in_sentence("zendesk_active")
    assert found[:1] == expected[:1]


@pytest.mark.parametrize(("fan_out", "is_before"), [(2.0, True), (1.9, False)])
def test_a_naive_join_that_does_not_double_the_customers_stands_behind_no_difference(
    fan_out: float, is_before: bool
) -> None:
    results = load_results("win_back")
    for row in results["method_sensitivity"]:
        if row["method"] == "naive_join":
            row |= {"joined_rows": 1_000, "cohort_customers": 500, "fan_out": fan_out}
    text = _report(results, "win_back")
    assert (text.index("**Counting.**") < text.index("**Profile.**")) is is_before


def test_figures_of_a_finding_that_was_dropped_are_not_recorded() -> None:
    row = traced({"section": "s", "group_name": "g", "measure": "m", "mean": 1.5, "median": 2.5}, "measures")
    with recording() as found:
        texts = (printed(row[name], str(row[name])) for name in ("mean", "median"))
        assert chosen(texts, lambda made: [text for text in made if text == "1.5"]) == ["1.5"]
    assert [text for text, _ in found] == ["1.5"]


def test_where_velocity_shows_no_difference_the_item_on_risk_says_so(language: str) -> None:
    results = _only("risk_velocity", "conversion_behaviour")
    words = words_for(language, load_parsed("conversion_behaviour"))
    lead = words.text("summary.lead.risk_velocity")
    none = words.text("risk_velocity.test.none", dimension=words.measure("engagement_velocity"), **_TEST[language])

    def told() -> str:
        bullets = _bullets(results, load_parsed("conversion_behaviour"), language)
        return str(next(bullet.text for bullet in bullets if bullet.lead == lead))

    assert none not in told()
    for row in results["associations"]:
        if (row["section"], row["x"]) == ("risk_velocity", "engagement_velocity"):
            row |= {"p_value": 0.3, "p_adjusted": 0.4, "n": 880}
    assert told().endswith(none)


_TEST = {
    "en": {"group": "in the cohort", "p": "p = 0.400", "n": "880"},
    "zh": {"group": "目标群体内", "p": "p = 0.400", "n": "880"},
}


def test_an_alert_of_the_summary_names_the_rules_that_lead_to_it() -> None:
    found = _line(_report(load_results("conversion_behaviour"), "conversion_behaviour"), "**Alerts.**")
    assert "Red alert (High risk, low health and falling engagement): " in found
    assert (
        "Amber alert (26 by Weak health and unsteady or falling engagement; "
        "7 lowered from red alert: High risk, low health and falling engagement): 33 customers"
    ) in found


def test_what_defines_the_cohort_is_still_worth_a_line_of_the_summary(language: str) -> None:
    (found, *_) = _bullets(load_results("win_back"), load_parsed("win_back"), language)
    words = words_for(language, load_parsed("win_back"))
    assert found.lead == words.text("summary.lead.tier_ltv")
    assert words.numbers.money(18043.12) in found.text
    assert words.numbers.money(15195.296) in found.text


def test_a_value_that_defines_the_cohort_is_not_told_of_a_few() -> None:
    results = load_results("win_back")
    for row in results["measures"]:
        if (row["measure"], row["group_name"]) == ("estimated_customer_ltv", "peers"):
            row["n"] = 4
    assert "**Lifetime value.**" not in _report(results, "win_back")


@pytest.mark.parametrize("has_strategies", [True, False])
def test_the_summary_announces_what_to_do_first_only_where_it_stands(has_strategies: bool) -> None:
    results = load_results("conversion_behaviour")
    if not has_strategies:
        results["strategies"] = []
    text = _report(results, "conversion_behaviour")
    assert ("with what is at stake last" in text) is has_strategies
    assert ("**Most at stake.**" in text) is has_strategies
