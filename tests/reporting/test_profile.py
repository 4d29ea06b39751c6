"""Means beside figures that outliers do not move, and effect sizes beside differences."""

import pytest

from jobs.reporting.markdown import render
from jobs.reporting.report import build_report
from jobs.reporting.rows import Rows
from jobs.reporting.words import words_for
from tests.reporting.conftest import load_parsed, load_results


def _chapter(results, title, analysis="high_value_cohort", language="en"):
    definition = load_parsed(analysis)
    text = render(build_report(Rows(results), definition, language), words_for(language, definition))
    return text.split(f"## {title}\n", 1)[1].split("\n## ", 1)[0]


def _table(chapter, caption):
    return chapter.split(f"**{caption}", 1)[1].split("<sub>", 1)[0]


@pytest.fixture
def rows():
    return load_results("high_value_cohort")


def _profile(rows, measure, group):
    found = [r for r in rows["measures"] if (r["section"], r["measure"]) == ("cohort_profile", measure)]
    return next(row for row in found if row["group_name"] == group)


def test_medians_and_trimmed_means_stand_beside_the_means(rows):
    _profile(rows, "customer_health_score", "cohort").update(mean=70.0, median=72.0, trimmed_mean=71.0)
    _profile(rows, "customer_health_score", "peers").update(mean=60.0, median=62.0, trimmed_mean=61.0)
    table = _table(_chapter(rows, "Profile of the cohort"), "Means beside medians and trimmed means")
    assert "| Health score | 70.00 | 72.00 | 71.00 | 60.00 | 62.00 | 61.00 |" in table
    assert "zendesk" not in table.lower()  # the median of a flag says nothing


def test_a_measure_of_few_customers_has_no_median_either(rows):
    _profile(rows, "customer_health_score", "peers").update(n=4)
    table = _table(_chapter(rows, "Profile of the cohort"), "Means beside medians and trimmed means")
    assert "| Health score |" + r" \* |" * 6 in table


def test_a_probability_is_no_flag(rows):
    for group in ("cohort", "peers", "population"):
        row = dict(_profile(rows, "zendesk_active", group))
        row |= {"measure": "churn_probability", "mean": 0.005, "median": 0.004, "trimmed_mean": 0.0045, "p90": 0.01}
        rows["measures"].append(row)
    chapter = _chapter(rows, "Profile of the cohort")
    table = _table(chapter, "Means beside medians and trimmed means")
    # 0.5% of 870 would be 4 customers if it were a share of customers.
    assert "| Churn probability | 0.5% | 0.4% | 0.4% |" in table
    first = next(line for line in chapter.split("\n") if line.startswith("| Churn probability"))
    assert first.endswith("| 0.4% |")  # the median of all customers


def test_effect_sizes_stand_beside_differences_per_tier(rows):
    for row in rows["comparisons"]:
        if row["section"] == "tier_ltv" and row["stratum"] == "Silver" and row["group_b"] == "peers":
            row["effect_size"] = 0.43
    chapter = _chapter(rows, "Lifetime value against customers of the same tier")
    table = _table(chapter, "Differences per tier")
    line = next(line for line in table.split("\n") if line.startswith("| Silver"))
    assert "| Hedges' g | Corrected p | Reading |" in table
    assert "| 0.43 | p " in line


def test_the_mean_of_all_tiers_gives_no_left_out_tier_away(rows):
    caption = "All tiers together: means beside medians and trimmed means"
    chapter = _chapter(rows, "Lifetime value against customers of the same tier")
    assert caption not in chapter
    table = _table(chapter, "All tiers together: medians and trimmed means")
    assert "| Group | Median | Trimmed mean |" in table
    rows["comparisons"] = [
        row
        for row in rows["comparisons"]
        if row["section"] != "tier_ltv" or row["stratum"] not in ("bronze", "platinum")
    ]
    table = _table(_chapter(rows, "Lifetime value against customers of the same tier"), caption)
    assert "| Group | Customers | Mean | 95% interval | Median | Trimmed mean |" in table
    assert "| Customers of the same tiers outside the cohort |" in table


def test_a_check_of_a_table_that_the_measure_is_not_read_from_is_no_caution_here(rows):
    touching = {"check_name": "not_finite", "severity": "warning", "passed": False, "observed": 77.0, "expected": "0",
                "message_id": "not_finite", "params": {}, "touches_section": "all",
                "touches_measure": "customer_health_score"}  # fmt: skip
    source = _profile(rows, "customer_health_score", "cohort")["source_table"]
    rows["quality"] = [{**touching, "table_name": "another_table"}]
    assert "In 77 rows" not in _chapter(rows, "Profile of the cohort")
    rows["quality"] = [{**touching, "table_name": source}]
    assert "In 77 rows" in _chapter(rows, "Profile of the cohort")


def test_single_platform_combinations_have_effect_sizes():
    results = load_results("conversion_behaviour")
    results["comparisons"].append(
        {"section": "platforms", "stratum": "cohort", "measure": "customer_health_score", "group_a": "1-0-1",
         "n_a": 200, "mean_a": 69.72, "group_b": "other_combinations", "n_b": 624, "mean_b": 72.5, "difference": -2.78,
         "ci_low": -4.0, "ci_high": -1.5, "effect_size": -0.31, "p_value": 0.0001, "p_adjusted": 0.002,
         "by_definition": False}
    )  # fmt: skip
    chapter = _chapter(results, "Platforms and health", "conversion_behaviour")
    table = _table(chapter, "Single combinations against all others")
    assert "| Marketo + Zendesk, in the cohort | −2.78 | −4.00 to −1.50 | −0.31 | p = 0.002 | difference |" in table


@pytest.mark.parametrize(("n", "is_told"), [(889, True), (890, False)])
def test_how_much_of_the_cohort_is_compared_is_told_unless_a_handful_is_not(n, is_told):
    rows = load_results("conversion_behaviour")
    rows["comparisons"] = [
        row
        for row in rows["comparisons"]
        if row["section"] != "tier_ltv" or row["stratum"] not in ("bronze", "platinum", "basic", "gold", "silver")
    ]
    for row in rows["comparisons"]:
        if row["section"] == "tier_ltv" and row["stratum"] == "overall":
            row["n_a"] = n
    chapter = _chapter(rows, "Lifetime value against customers of the same tier", "conversion_behaviour")
    assert (f"{n} of 894 cohort customers are compared" in chapter) is is_told


def test_beside_tiers_left_out_nobody_is_told_how_many_are_not_compared():
    chapter = _chapter(
        load_results("conversion_behaviour"),
        "Lifetime value against customers of the same tier",
        "conversion_behaviour",
    )
    assert "Tiers without enough customers" in chapter
    assert "cohort customers are compared" not in chapter
