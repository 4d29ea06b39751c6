"""The summary of a segment report: what is due first, what stands, what cannot be."""

import pytest

from jobs.reporting.model import Bullets
from jobs.reporting.report import build_report
from jobs.reporting.rows import Rows
from tests.reporting.conftest import load_definition, load_results
from tests.reporting.segment_reports import PARADOX, finding_text, markdown, row_of


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("en", "Due first is High-Value: $232,877 across 63 customers. Strategy: White-glove service. First step: "),
        ("zh", "最先到期的是“高价值客户”：US$232,877，涉及 63 名客户。策略：尊享专属服务。第一步："),
    ],
)
def test_the_summary_says_how_each_group_with_a_strategy_is_served(language, expected):
    definition = load_definition(PARADOX)
    section = build_report(Rows(load_results(PARADOX)), definition, language).sections[0]
    texts = [item.text for block in section.blocks if isinstance(block, Bullets) for item in block.items]
    assert expected in texts[-1]


def test_a_group_whose_figures_are_hidden_is_not_served_in_the_summary():
    results, definition = load_results(PARADOX), load_definition(PARADOX)
    row_of(results, "strategies", segment="high_value")["n"] = 3
    assert "Due first" not in finding_text(markdown(results, definition), "Most at stake.")


def test_a_further_group_with_a_strategy_is_served_in_the_summary():
    results, definition = load_results(PARADOX), load_definition(PARADOX)
    last = row_of(results, "strategies", segment="high_value")
    results["strategies"].append(last | {"segment": "between", "n": 85, "value_at_stake": 5000.0, "priority": 3})
    text = finding_text(markdown(results, definition), "Most at stake.")
    assert "The other group with a strategy is Unassigned (\\$5,000 across 85 customers; strategy: White-glove" in text


def test_a_share_that_cannot_be_is_told_before_the_first_figure_of_the_summary(language):
    results, definition = load_results(PARADOX), load_definition(PARADOX)
    row = {"check_name": "parts_exceed_whole", "message_id": "parts_exceed_whole", "severity": "warning",
           "passed": False, "observed": 76.0, "table_name": "values", "touches_section": "segments",
           "touches_measure": "portfolio_contribution_pct",
           "params": {"column": "portfolio_contribution_pct", "place": "segments.rules.0.all.1", "threshold": "0.05"}
           }  # fmt: skip
    results["quality"] = [row]
    section = build_report(Rows(results), definition, language).sections[0]
    assert "76" in section.blocks[1].text
    assert isinstance(section.blocks[2], Bullets)


def test_the_segments_among_all_others_stand_by_themselves_in_the_summary():
    results, definition = load_results(PARADOX), load_definition(PARADOX)
    for name, mean in (("low_contribution", 500.0), ("between", 7500.0)):
        row = row_of(results, "measures", section="segments", group_name=name, measure="estimated_customer_ltv")
        row |= {"mean": mean, "ci_low": mean - 10, "ci_high": mean + 10, "n": 100}
    text = finding_text(markdown(results, definition), "Lifetime value.")
    assert (
        "The other segments by themselves: Long-Term Growth \\$500 (95% interval \\$490 to \\$510; n = 100); " in text
    )
    assert "Unassigned \\$7,500 (95% interval \\$7,490 to \\$7,510; n = 100)." in text


@pytest.mark.parametrize(("p_adjusted", "is_told"), [(0.01, True), (0.2, False)])
def test_a_correlation_within_the_leading_segment_is_in_the_summary_where_it_stands(p_adjusted, is_told):
    results, definition = load_results(PARADOX), load_definition(PARADOX)
    row = row_of(results, "correlations", section="segments", group_name="high_value", y="estimated_customer_ltv")
    row |= {"pearson_r": 0.6, "ci_low": 0.4, "ci_high": 0.7, "p_value": p_adjusted, "p_adjusted": p_adjusted, "n": 60}
    text = markdown(results, definition)
    told = "in the segment High-Value: the two tend to rise together"
    assert (told in finding_text(text, "Account age.")) is is_told
    action = "Within High-Value, account age and lifetime value go together (r = 0.600; n = 60)"
    assert (action in text) is is_told


@pytest.mark.parametrize(("p90", "is_told"), [(1.25, True), (1.0, False)])
def test_how_far_impossible_ratios_raise_the_mean_is_told(p90, is_told):
    results, definition = load_results(PARADOX), load_definition(PARADOX)
    row = row_of(results, "measures", section="consistency", group_name="population", measure="inactivity_ratio")
    row |= {"p90": p90, "median": 0.3, "mean": 0.57}
    told = "More than a tenth of all customers have a value above 1 (P90 1.25), which raises the mean (0.57)"
    assert (told in markdown(results, definition)) is is_told
