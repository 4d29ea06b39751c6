"""The report of analyses without a cohort: segments of all customers, and consistency."""

import re
import warnings

import pytest

from jobs.reporting.charts.drawing import draw
from jobs.reporting.charts.house_style import house_style
from jobs.reporting.charts.specifications import BoxChart, DotChart, PairChart
from jobs.reporting.markdown import render
from jobs.reporting.model import Bullets, Figure, Table
from jobs.reporting.report import build_report
from jobs.reporting.rows import Rows
from jobs.reporting.words import words_for
from tests.reporting.conftest import SEGMENT_ANALYSES, load_definition, load_results
from tests.reporting.numbers_in_text import numbers_without_a_row, texts_of_chart
from tests.reporting.segment_reports import PARADOX, chapter_text, finding_text, markdown, row_of
from tests.reporting.test_charts import _problems

CHAPTERS = ["summary", "segment_membership", "segments"]
CLOSING = ["recommendations", "methods", "obstacles", "quality", "limits", "queries", "provenance"]
CHARTS = {"ltv_health_comparison", "rfm_comparison", "segment_comparison", "value_at_stake"}


@pytest.fixture(params=SEGMENT_ANALYSES)
def analysis(request):
    return request.param


@pytest.fixture
def definition(analysis):
    return load_definition(analysis)


def test_without_a_cohort_the_chapters_are_about_segments(analysis, definition, language):
    report = build_report(Rows(load_results(analysis)), definition, language)
    extra = ["consistency"] if analysis == PARADOX else []
    assert [section.name for section in report.sections] == [*CHAPTERS, *extra, *CLOSING]


def test_nothing_is_said_of_a_cohort_or_of_peers(analysis, definition):
    assert "cohort" not in markdown(load_results(analysis), definition).lower()
    chinese = markdown(load_results(analysis), definition, "zh")
    assert "目标群体" not in chinese
    assert "对照组" not in chinese


def test_the_charts_keep_the_names_readers_know(analysis, definition, language):
    figures = {f.name: f for f in build_report(Rows(load_results(analysis)), definition, language).figures()}
    assert set(figures) == CHARTS | ({"consistency_comparison"} if analysis == PARADOX else set())
    assert all(figure.alt for figure in figures.values())
    assert isinstance(figures["segment_comparison"].chart, BoxChart)
    assert isinstance(figures["ltv_health_comparison"].chart, PairChart)
    assert isinstance(figures["rfm_comparison"].chart, DotChart)


def test_no_number_stands_in_a_report_that_no_row_holds(analysis, definition, language):
    results = load_results(analysis)
    report = build_report(Rows(results), definition, language)
    text = render(report, words_for(language, definition))
    assert numbers_without_a_row(text, results, definition) == []
    drawn = "\n".join(line for figure in report.figures() for line in texts_of_chart(figure.chart))
    assert numbers_without_a_row(drawn, results, definition) == []


def test_every_table_and_figure_names_its_source(analysis, definition, language):
    report = build_report(Rows(load_results(analysis)), definition, language)
    blocks = [block for section in report.sections for block in section.blocks]
    assert all(block.sources for block in blocks if isinstance(block, Figure | Table))


def test_no_text_of_a_chart_is_clipped_or_overlaps(analysis, definition, language):
    for name, title in (("segments", "s"), ("remainder", "r")):
        longest = f"{title} is called something of forty letters, not less"
        if name == "remainder":
            definition["segments"]["remainder"]["title"] = {"en": longest, "zh": longest}
        else:
            definition["segments"]["rules"][0]["title"] = {"en": longest, "zh": "这是一个由四十个汉字组成的名称" * 3}
    with house_style(language), warnings.catch_warnings():
        warnings.simplefilter("error")  # a missing glyph is a warning
        for figure in build_report(Rows(load_results(analysis)), definition, language).figures():
            assert _problems(draw(figure.chart)) == [], figure.name


def test_the_order_of_the_rows_changes_nothing(analysis, definition, language):
    results = load_results(analysis)
    backwards = {name: rows[::-1] for name, rows in results.items()}
    assert markdown(backwards, definition, language) == markdown(results, definition, language)


def test_tables_without_rows_give_sentences(definition, language):
    report = build_report(Rows({}), definition, language)
    assert report.figures() == ()
    assert all(section.blocks for section in report.sections)
    assert "None" not in render(report, words_for(language, definition))


def test_what_the_segments_are_defined_by_is_described_and_never_called_a_difference(analysis, definition):
    text = markdown(load_results(analysis), definition)
    finding = finding_text(text, "Lifetime value.")
    assert "times the" in finding
    assert "described, not tested" in finding
    assert "hold" in finding
    assert not re.search(r"(lifetime value|score) averages [^.]* (higher|lower) than", text)
    table = chapter_text(text, "How the segments compare")
    lines = [line for line in table.split("\n") if line.startswith("| Lifetime value (by definition)")]
    assert len(lines) > 1
    assert all("p = " not in line and "p &lt;" not in line for line in lines)


def test_a_difference_stands_with_interval_corrected_p_and_both_counts():
    results = load_results("limited_data_value")
    row = row_of(results, "comparisons", measure="churn_probability")
    row |= {
        "difference": -0.05,
        "ci_low": -0.08,
        "ci_high": -0.02,
        "effect_size": -0.4,
        "p_value": 0.001,
        "p_adjusted": 0.012,
    }
    finding = finding_text(markdown(results, load_definition("limited_data_value")), "Churn.")
    assert "5.0 percentage points lower than for Basic Tier" in finding
    assert "−8.0 to −2.0 percentage points; corrected p = 0.012; n = 123 against 2,716" in finding


@pytest.mark.parametrize(
    ("change", "says", "never_says"),
    [
        pytest.param(
            {"difference": -90.0, "ci_low": -140.0, "ci_high": -40.0, "p_adjusted": 0.004},
            "holds the younger accounts",
            "do not support",
            id="younger_after_correction",
        ),
        pytest.param(
            {"difference": 90.0, "ci_low": 40.0, "ci_high": 140.0, "p_adjusted": 0.004},
            "holds the older accounts",
            "younger accounts, and the difference",
            id="older_after_correction",
        ),
        pytest.param(
            {"difference": -90.0, "ci_low": -140.0, "ci_high": -40.0, "p_adjusted": 0.08},
            "The idea that the most valuable customers are the younger accounts thus finds no support",
            "holds the younger accounts",
            id="younger_but_not_after_correction",
        ),
    ],
)
def test_the_paradox_of_young_and_valuable_accounts_needs_a_corrected_difference(change, says, never_says):
    results = load_results(PARADOX)
    row = row_of(results, "comparisons", section="segments", measure="account_age_days", group_b="not_high_value")
    row |= change
    finding = finding_text(markdown(results, load_definition(PARADOX)), "Account age.")
    assert says in finding
    assert never_says not in finding
    assert "Spearman" in finding


def test_ranks_that_go_together_are_told_beside_values_that_do_not():
    results = load_results(PARADOX)
    row = row_of(results, "correlations", section="segments", group_name="population")
    row |= {"spearman_r": -0.3, "p_value": 0.6, "p_adjusted": 0.7}
    assert "Ranked, however" in finding_text(markdown(results, load_definition(PARADOX)), "Account age.")
    row |= {"spearman_r": -0.03}
    assert "Ranked, however" not in markdown(results, load_definition(PARADOX))


def test_the_weights_of_the_weighted_score_are_named():
    definition = load_definition("limited_data_value")
    definition["sections"]["segments"]["rfm_weights"] = {"recency": 0.5, "frequency": 0.25, "monetary": 0.25}
    text = markdown(load_results("limited_data_value"), definition)
    assert "0.50 × recency + 0.25 × frequency + 0.25 × monetary score, with the same weights for every segment" in text


def test_all_other_customers_are_explained_only_where_a_comparison_names_them(analysis, definition):
    chapter = chapter_text(markdown(load_results(analysis), definition), "How it was counted")
    assert ("'All other customers'" in chapter) is (analysis == PARADOX)


def test_what_the_tables_lack_is_named_where_it_was_asked_for():
    text = markdown(load_results("limited_data_value"), load_definition("limited_data_value"))
    assert "cross-stage engagement consistency" in finding_text(text, "Not answered.")
    assert "The funnel table and the activity table are empty" in finding_text(text, "Not answered.")
    assert "activity efficiency" in chapter_text(text, "How the segments compare").split("Left out")[1].split("\n")[0]


def test_a_proxy_says_what_it_stands_for_and_that_it_cannot_answer():
    text = markdown(load_results(PARADOX), load_definition(PARADOX))
    chapter = chapter_text(text, "Consistency and value")
    assert "Cross-stage engagement consistency is not available" in chapter
    assert "consistency of the three scores stands in for it" in chapter
    finding = finding_text(text, "Consistency.")
    assert "Whether these customers engage less consistently cannot be said: the funnel table is empty." in finding
    assert re.search(
        r"The stand-in, consistency of the three scores, averages 0\.\d+ \(95% interval [^)]*; n = ", finding
    )
    assert finding.endswith("It can be answered only once the funnel table is loaded.")
    assert "Both are stand-ins" in chapter.split("### Consistency of the three scores and")[1].split("### ")[0]
    assert "load the conversion funnel table" in chapter


def test_a_table_without_the_column_is_not_said_to_be_mended_by_loading_it():
    results = load_results(PARADOX)
    for row in results["obstacles"]:
        row |= {"reason": "missing_column", "remedy": "add_column"}
    finding = finding_text(markdown(results, load_definition(PARADOX)), "Consistency.")
    assert "the funnel table has no column cross_stage_engagement_consistency" in finding.replace("\\", "")
    assert finding.endswith("Only cross-stage engagement consistency itself would tell.")


def test_the_chart_of_two_described_measures_says_so_and_reads_no_difference(language):
    titles = {"en": "for all other customers (described, not tested)", "zh": "（只作描述，不作检验）"}
    report = build_report(Rows(load_results(PARADOX)), load_definition(PARADOX), language)
    chart = next(f for f in report.figures() if f.name == "consistency_comparison").chart
    assert chart.title.endswith(titles[language])


def _with_the_funnel():
    """The rows as they are where the funnel has its own measures."""
    results = load_results(PARADOX)
    own = {"rfm_consistency": "cross_stage_engagement_consistency", "ltv_velocity_monthly": "revenue_velocity_monthly"}
    for table, columns in (("measures", ["measure"]), ("comparisons", ["measure"]), ("correlations", ["x", "y"])):
        for row in results[table]:
            for column in columns:
                if row[column] in own:
                    row |= {column: own[row[column]], "by_definition": False}
        results[table] = [row for row in results[table] if row.get("measure") != "rfm_variance"]
    results["obstacles"] = []
    for row in results["comparisons"]:
        if row["measure"] == "cross_stage_engagement_consistency":
            row |= {"difference": -0.1, "ci_low": -0.14, "ci_high": -0.06, "p_value": 0.0001, "p_adjusted": 0.001}
    return results


def test_the_funnels_own_measures_answer_the_question():
    text = markdown(_with_the_funnel(), load_definition(PARADOX))
    chapter = chapter_text(text, "Consistency and value")
    assert "Consistency and velocity are the funnel's own measures" in chapter
    assert "stands in for it" not in chapter
    assert "0.10 lower than for all other customers" in finding_text(text, "Consistency.")
    assert "High-Value engages less consistently than all other customers" in chapter


def test_where_the_funnel_has_consistency_the_summary_answers_without_a_chapter_on_it():
    results = load_results("limited_data_value")
    health = row_of(results, "comparisons", measure="customer_health_score")
    found = {"measure": "cross_stage_engagement_consistency", "p_value": 0.6, "p_adjusted": 0.8}
    results["comparisons"].append(health | found)
    finding = finding_text(markdown(results, load_definition("limited_data_value")), "Consistency.")
    assert "the data show no difference in cross-stage engagement consistency from Basic Tier" in finding


def test_an_interval_that_excludes_zero_does_not_print_it():
    results = load_results("limited_data_value")
    health = row_of(results, "comparisons", measure="customer_health_score")
    health |= {"difference": 0.02, "ci_low": 0.00008, "ci_high": 0.04, "p_value": 0.049, "p_adjusted": 0.8}
    finding = finding_text(markdown(results, load_definition("limited_data_value")), "Health.")
    assert "interval (+0.0001 to +0.0400, which excludes zero)" in finding


def test_a_mix_tied_to_the_rules_is_called_described():
    results = load_results("limited_data_value")
    for row in results["distributions"]:
        if row["dimension"] == "lifecycle_stage":
            row["dimension"] = "rfm_segment"
    results["associations"] = [row for row in results["associations"] if row["y"] != "lifecycle_stage"]
    chapter = chapter_text(markdown(results, load_definition("limited_data_value")), "How the segments compare")
    mix = chapter.split("### RFM segment")[1].split("### ")[0]
    assert "the definition declares the mix of RFM segment tied to the rules of the segments" in mix


def test_a_segment_without_a_strategy_is_named_with_what_it_holds():
    text = markdown(load_results("limited_data_value"), load_definition("limited_data_value"))
    chapter = chapter_text(text, "Recommendations")
    assert re.search(
        r"holds no strategy for Other tiers\. Other tiers: [\d,]+ customers, .* of the lifetime value", chapter
    )
    assert chapter.count("holds no strategy for") == 1


def test_a_measure_with_values_below_zero_has_no_ratio():
    results = load_results(PARADOX)
    for row in results["comparisons"]:
        if row["measure"] == "monetary_imbalance":
            row |= {"mean_a": 0.2, "mean_b": 0.01, "ratio": 20.0}
    chapter = chapter_text(markdown(results, load_definition(PARADOX)), "Consistency and value")
    differences = chapter.split("| Measure | Difference |")[1]
    line = next(line for line in differences.split("\n") if line.startswith("| Monetary imbalance"))
    assert [cell.strip() for cell in line.split("|")][4] == "–"


def test_the_funnels_own_measure_is_never_called_a_proxy():
    results = _with_the_funnel()
    for row in results["comparisons"]:
        row["by_definition"] = True
    assert "itself would tell" not in markdown(results, load_definition(PARADOX))


def test_groups_have_names_in_both_languages():
    definition = load_definition(PARADOX)
    english, chinese = words_for("en", definition), words_for("zh", definition)
    groups = ("high_value", "between", "not_high_value", "population")
    assert [english.segment(g) for g in groups] == [
        "High-Value", "Unassigned", "all other customers", "All customers",
    ]  # fmt: skip
    assert [chinese.segment(g) for g in groups] == ["高价值客户", "未归组客户", "其他所有客户", "全体客户"]


def test_a_remainder_without_a_title_is_called_the_remaining_customers():
    definition = {"segments": {"rules": [{"name": "a", "all": []}]}}
    assert words_for("en", definition).segment("remainder") == "Remaining customers"


def test_ages_stand_in_their_order_and_tiers_in_theirs():
    chapter = chapter_text(
        markdown(load_results("limited_data_value"), load_definition("limited_data_value")), "How the segments compare"
    )
    table = chapter.split("### Account age by tier")[1].split("### ")[0]
    bands = [line.split("|")[1].strip() for line in table.split("\n") if re.match(r"\| (\d|More)", line)][:4]
    assert bands == ["180 days or less", "181 to 365 days", "366 to 730 days", "More than 730 days"]
    assert "| Account age | Basic | Bronze | Silver | Gold |" in table


def test_the_table_of_each_measure_is_named_derived_ones_aside(analysis, definition, language):
    words = words_for(language, definition)
    text = markdown(load_results(analysis), definition, language).replace("\\", "")
    chapter = chapter_text(text, words.text("titles.segments"))
    origin = words.text("profile.origins", origins="customer360__customer_value_analysis").split("value_analysis")[0]
    line = next(line for line in chapter.split("\n") if line.startswith(origin))
    assert words.measure("customer_health_score") in line
    assert words.measure("weighted_rfm") not in line


def test_bands_of_a_measure_tied_to_the_rules_are_called_described():
    chapter = chapter_text(markdown(load_results(PARADOX), load_definition(PARADOX)), "Consistency and value")
    mix = chapter.split("### Monetary imbalance")[1]
    assert "the definition declares the mix of monetary imbalance tied to the rules of the segments" in mix
    results = load_results(PARADOX)
    for row in results["comparisons"]:
        row["by_definition"] = False
    chapter = chapter_text(markdown(results, load_definition(PARADOX)), "Consistency and value")
    assert "the mix of" not in chapter.split("### Monetary imbalance")[1]


def test_a_caution_about_a_rule_stands_under_the_rules_and_prints_the_threshold_as_they_do(language):
    definition, results = load_definition(PARADOX), load_results(PARADOX)
    tier = {"column": "customer_tier", "place": "segments.rules.0.all.0"}
    share = {"column": "portfolio_contribution_pct", "place": "segments.rules.0.all.1", "threshold": "0.05"}
    common = {"severity": "warning", "passed": False, "touches_section": "segments", "table_name": "values"}
    results["quality"] += [
        common | {"check_name": name, "message_id": name, "observed": n, "touches_measure": params["column"],
                  "params": params}
        for name, n, params in (("parts_exceed_whole", 76.0, share), ("spelled_otherwise", 12.0, tier))
    ]  # fmt: skip
    said = {
        "en": (
            "76 customers each have a recorded portfolio contribution above 5%; together",
            "Of all customers, 12 have a value of tier that differs",
        ),
        "zh": ("有 76 名客户，其登记的组合贡献度各自超过 5%，合计超过整体", "全体客户中有 12 名，其层级的写法"),
    }[language]
    words = words_for(language, definition)
    text = markdown(results, definition, language)
    rules, comparison = (
        chapter_text(text, words.text(f"titles.{name}")) for name in ("segment_membership", "segments")
    )
    assert all(sentence in rules.split("\n- ")[0] for sentence in said)
    assert all(sentence not in comparison for sentence in said)


def test_a_chart_scale_is_never_printed_rounder_than_it_is():
    report = build_report(Rows(load_results(PARADOX)), load_definition(PARADOX), "en")
    chart = next(f for f in report.figures() if f.name == "consistency_comparison").chart
    assert [chart.left.ticks(value) for value in (0.6, 0.75, 1.0)] == ["0.6", "0.75", "1"]


def test_segments_stand_beside_a_cohort_where_an_analysis_has_both():
    definition = load_definition("high_value_cohort") | {
        name: load_definition("limited_data_value")[name] for name in ("segments",)
    }
    definition["sections"] = definition["sections"] | {
        "segments": load_definition("limited_data_value")["sections"]["segments"]
    }
    cohort, segments = load_results("high_value_cohort"), load_results("limited_data_value")
    churn = row_of(segments, "comparisons", measure="churn_probability")
    churn |= {"difference": 0.5, "effect_size": 3.0, "ci_low": 0.4, "ci_high": 0.6, "p_value": 0.0, "p_adjusted": 0.0}
    both = {name: [*cohort.get(name, []), *segments.get(name, [])] for name in {**cohort, **segments}}
    both |= {name: cohort[name] for name in ("attrition", "runs", "strategies")}
    report = build_report(Rows(both), definition, "en")
    names = [section.name for section in report.sections]
    assert names.index("cohort") < names.index("segment_membership") < names.index("segments")
    (items,) = [block for block in report.sections[0].blocks if isinstance(block, Bullets)]
    assert "Segments." in [item.lead for item in items.items]


def _chart(results, name, definition, language="en"):
    figures = build_report(Rows(results), definition, language).figures()
    return next(figure.chart for figure in figures if figure.name == name)


def test_all_other_customers_are_drawn_where_the_title_compares_with_them(language):
    definition = load_definition(PARADOX)
    name = words_for(language, definition).text("labels.other_customers")
    results = load_results(PARADOX)
    for chart in ("segment_comparison", "ltv_health_comparison", "rfm_comparison", "consistency_comparison"):
        assert any(
            name.lower() in text.lower() for text in texts_of_labels(_chart(results, chart, definition, language))
        )


def texts_of_labels(chart):
    if isinstance(chart, BoxChart):
        return chart.labels
    return [row.label for row in (chart.left if isinstance(chart, PairChart) else chart).rows]


def test_two_segments_that_hold_everybody_have_no_others_beside_them():
    results = load_results(PARADOX)
    row_of(results, "distributions", section="segments", dimension="segment", value="between")["n"] = 0
    labels = texts_of_labels(_chart(results, "segment_comparison", load_definition(PARADOX)))
    assert labels == ("High-Value", "Long-Term Growth", "All customers")


def test_a_title_of_described_scores_holds_both_means():
    results, definition = load_results(PARADOX), load_definition(PARADOX)
    row = row_of(results, "comparisons", section="segments", measure="weighted_rfm", group_b="not_high_value")
    row |= {"mean_a": 4.25, "mean_b": 2.75}
    title = _chart(results, "rfm_comparison", definition).title
    assert title == "High-Value: weighted score 4.25 against 2.75 for all other customers (described, not tested)"
