import hashlib
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from jobs.reporting.markdown import escape, render
from jobs.reporting.model import Figure
from jobs.reporting.report import build_report, write_report
from jobs.reporting.rows import Rows
from jobs.reporting.words import words_for
from tests.reporting.conftest import load_parsed, load_results
from tests.reporting.numbers_in_text import numbers_without_a_row, texts_of_chart

SECTIONS = ["summary", "cohort", "cohort_profile", "tier_ltv", "channels", "geography", "platforms"]
CLOSING = ["recommendations", "method_sensitivity", "obstacles", "quality", "limits", "queries", "provenance"]
CHARTS = {
    "high_value_cohort": {"ltv_difference", "channel_distribution", "risk_velocity_framework", "value_at_stake"},
    "conversion_behaviour": {
        "ltv_comparison", "engagement_channel_distribution", "platform_engagement_health", "risk_velocity_heatmap",
        "value_risk_indices", "value_at_stake",
    },
    "special_conversion": {"channel_distribution", "platform_health_score", "value_risk_matrix", "ltv_difference"},
}  # fmt: skip


def _markdown(results, definition, language):
    report = build_report(Rows(results), definition, language)
    return render(report, words_for(language, definition))


def _section(markdown, title):
    return markdown.split(f"## {title}\n", 1)[1].split("\n## ", 1)[0]


def test_the_sections_follow_from_the_definition(analysis, results, definition, language):
    extra = {
        "high_value_cohort": ["risk_velocity", "alerts"],
        "conversion_behaviour": ["risk_velocity", "indices", "alerts"],
        "special_conversion": ["value_risk"],
    }[analysis]
    report = build_report(Rows(results), definition, language)
    assert [section.name for section in report.sections] == SECTIONS + extra + CLOSING


def test_the_charts_keep_the_names_readers_know(analysis, results, definition, language):
    report = build_report(Rows(results), definition, language)
    assert {figure.name for figure in report.figures()} >= CHARTS[analysis]
    assert all(figure.alt for figure in report.figures())


def test_no_number_stands_in_a_report_that_no_row_holds(analysis, results, definition, language):
    report = build_report(Rows(results), definition, language)
    text = render(report, words_for(language, definition))
    assert numbers_without_a_row(text, results, definition) == []
    drawn = "\n".join(line for figure in report.figures() for line in texts_of_chart(figure.chart))
    assert numbers_without_a_row(drawn, results, definition) == []


def test_every_table_and_figure_names_its_source(results, definition, language):
    markdown = _markdown(results, definition, language)
    blocks = markdown.split("\n\n")
    followers = [
        blocks[i + 1] for i, block in enumerate(blocks) if block.startswith(("| ", "![")) and i + 1 < len(blocks)
    ]
    assert followers
    assert all(text.startswith("<sub>") and "`" in text for text in followers)


def test_the_naive_join_stands_beside_the_count_of_customers(results, definition):
    section = _section(_markdown(results, definition, "en"), "What other ways of counting would have given")
    assert "336,616 rows, which are only 972 customers" in section
    assert "894 cohort customers" in section


def test_a_naive_join_that_was_not_computed_says_so(results, definition):
    for row in results["method_sensitivity"]:
        if row["method"] == "naive_join":
            row |= {"joined_rows": None, "cohort_customers": None, "fan_out": None, "mean_recency": None}
    section = _section(_markdown(results, definition, "en"), "What other ways of counting would have given")
    assert "| Join without reducing to customers | 8.98 | not computed | not computed | not computed |" in section


def test_what_the_framework_leaves_out_is_stated_and_its_segments_stand_over_their_cells():
    report = build_report(Rows(load_results("high_value_cohort")), load_parsed("high_value_cohort"), "en")
    figure = next(f for f in report.figures() if f.name == "risk_velocity_framework")
    chart = figure.chart
    assert "42.3%" in chart.title
    cells = {
        (risk, velocity): chart.cells[y][x].lines[0]
        for y, risk in enumerate(chart.rows)
        for x, velocity in enumerate(chart.columns)
    }
    assert cells["Low", "Stable"] == "Champions"
    assert cells["Critical", "Accelerating"] == "At-Risk Stars"
    assert cells["Low", "Declining"] == "Sleepers"
    assert cells["High Activity Risk", "Stagnant"] == "Danger Zone"
    assert cells["Very Low", "Stable"] == "No segment"
    assert chart.rows == ("Very Low", "Low", "Medium", "High", "High Activity Risk", "Critical")
    assert chart.columns == ("Accelerating", "Stable", "Volatile", "Declining", "Stagnant")


def test_the_grading_as_written_is_shown_with_those_it_leaves_out():
    definition = load_parsed("special_conversion")
    chinese = _markdown(load_results("special_conversion"), definition, "zh")
    assert "416 名客户（46.5%）得不到等级" in chinese
    english = _markdown(load_results("special_conversion"), definition, "en")
    assert "leaves 416 customers of the cohort (46.5%) without a level" in english
    assert "As written, the low level reaches nobody" in english


def test_an_empty_cohort_gives_sentences_and_no_chart(results, definition, language):
    for table in ("comparisons", "crosstabs", "distributions", "correlations", "associations", "strategies"):
        results[table] = []
    results["measures"] = [r for r in results["measures"] if r["group_name"] != "cohort"]
    results["attrition"][-1]["n_remaining"] = 0
    report = build_report(Rows(results), definition, language)
    assert report.figures() == ()
    assert all(section.blocks for section in report.sections)
    text = render(report, words_for(language, definition))
    assert text.count(words_for(language, definition).text("sections.cohort_empty")) > 3
    assert "None" not in text
    assert "nan" not in text


def test_tables_without_rows_give_sentences(definition, language):
    report = build_report(Rows({}), definition, language)
    assert report.figures() == ()
    assert "None" not in render(report, words_for(language, definition))


def test_a_cohort_below_the_minimum_is_not_described(results, definition):
    results["attrition"][-1]["n_remaining"] = 3
    text = _markdown(results, definition, "en")
    assert "&lt;5 of 4,734 customers" in text
    assert "Fewer than 5 customers meet all conditions" in text
    assert "71.1" not in text.split("## Recommendations")[1].split("## What other")[0]


def test_sections_whose_rows_are_missing_say_so(results, definition):
    results["crosstabs"] = []
    report = build_report(Rows(results), definition, "en")
    section = next(s for s in report.sections if s.name == "platforms")
    assert not any(isinstance(block, Figure) for block in section.blocks)
    assert "no rows for this chapter" in section.blocks[0].text


HOSTILE = ["a|b", "<script>", "$x$", "=HYPERLINK(1)", "`c`", "*d*", "_e_", "[f](g)", "two\nlines", "1. h", "# i", "~j~"]


@pytest.mark.parametrize("value", HOSTILE)
def test_a_hostile_data_value_changes_nothing_but_itself(value):
    definition = load_parsed("conversion_behaviour")
    plain, hostile = load_results("conversion_behaviour"), load_results("conversion_behaviour")
    for row in plain["distributions"]:
        if row["value"] == "Email":
            row["value"] = "Zzz"
    for row in hostile["distributions"]:
        if row["value"] == "Email":
            row["value"] = value
    before, after = (_markdown(r, definition, "en").split("\n") for r in (plain, hostile))
    assert len(before) == len(after)
    moved = [line for line in after if line not in before]
    assert moved
    assert all(escape(value) in line for line in moved if line.startswith("|") and line not in before)
    bars = [len(re.findall(r"(?<!\\)\|", line)) for line in moved if line.startswith("|")]
    assert set(bars) == {8}


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("a|b", r"a\|b"),
        ("<b>&", "&lt;b&gt;&amp;"),
        ("$x$ and $y$", r"\$x\$ and \$y\$"),
        ("=1+1", r"\=1+1"),
        ("- item", r"\- item"),
        ("-0.01", "-0.01"),
        ("1. item", r"1\. item"),
        ("# head", r"\# head"),
        ("line\r\n  break", "line break"),
        ("`a` *b* _c_ [d]", r"\`a\` \*b\* \_c\_ \[d\]"),
        ("\\", "\\\\"),
    ],
)
def test_escaping_for_markdown(text, escaped):
    assert escape(text) == escaped


def test_small_groups_and_their_protection_are_hidden_in_text_table_and_chart():
    definition = load_parsed("conversion_behaviour")
    results = load_results("conversion_behaviour")
    for row in results["distributions"]:
        if row["dimension"] == "lifecycle_stage" and row["group_name"] == "cohort":
            row["n"] = {"Champion": 3}.get(row["value"], row["n"])
    table = _section(_markdown(results, definition, "en"), "Mix of channels and other categories").split(
        "### Lifecycle stage"
    )[1]
    table = table.split("### ")[0]
    assert "| Champion | &lt;5 | – | – | – | – | – |" in table
    # (missing) has 6 customers: with the total of 894 it would give the 3 away.
    assert r"| (missing) | \* | – | – | – | – | – |" in table


def test_a_small_tier_shows_no_figure_anywhere():
    definition = load_parsed("high_value_cohort")
    results = load_results("high_value_cohort")
    for row in results["comparisons"]:
        if row["section"] == "tier_ltv" and row["stratum"] == "Gold":
            row["n_a"] = 2
    report = build_report(Rows(results), definition, "en")
    text = render(report, words_for("en", definition))
    assert "| Gold | &lt;5 | – |" in text
    assert "18,578" not in text
    assert "2,521" not in text
    chart = next(f for f in report.figures() if f.name == "ltv_difference").chart
    assert not any("2,521" in line for line in texts_of_chart(chart))
    # The next smallest tier goes with it, or the overall n would give Gold away.
    assert r"| Platinum | \* | – |" in text


def test_a_strategy_for_a_small_segment_shows_no_amount():
    definition = load_parsed("high_value_cohort")
    results = load_results("high_value_cohort")
    for row in results["strategies"]:
        if row["segment"] == "sleepers":
            row["n"] = 4
    section = _section(_markdown(results, definition, "en"), "Recommendations")
    assert "287,386" not in section
    assert "Re-engagement campaign" in section


def test_a_share_that_counts_a_small_group_is_withheld():
    definition = load_parsed("high_value_cohort")
    results = load_results("high_value_cohort")
    for row in results["measures"]:
        if row["measure"] == "zendesk_active" and row["group_name"] == "cohort":
            row |= {"mean": 2 / 870, "ci_low": 0.0, "ci_high": 0.01}
    section = _section(_markdown(results, definition, "en"), "Profile of the cohort")
    line = next(line for line in section.split("\n") if line.startswith("| Share active on Zendesk"))
    assert "0.2%" not in line
    assert r"\*" in line


def test_what_is_not_finite_in_the_rows_prints_as_a_dash(results, definition, language):
    for row in results["measures"]:
        if row["measure"] == "recency_score":
            row |= {"mean": float("nan"), "ci_low": float("inf"), "median": float("-inf")}
    text = _markdown(results, definition, language)
    assert not re.search(r"\b(nan|inf)\b|∞|NaN", text)


def test_places_are_counted_where_enough_ids_match():
    definition = load_parsed("conversion_behaviour")
    results = load_results("conversion_behaviour")
    for row in results["match_rates"]:
        if row["key"] == "any":
            row |= {"matched_rows": 800, "match_rate": 800 / 894}
    results["distributions"] = [r for r in results["distributions"] if r["section"] != "geography"] + [
        {"section": "geography", "group_name": "cohort", "dimension": "country", "value": value, "n": n,
         "share": n / 800, "share_low": n / 900, "share_high": n / 700, "population_share": None, "index": None}
        for value, n in (("Germany", 500), ("France", 200), ("Spain", 97), ("Malta", 3))
    ]  # fmt: skip
    results["quality"] = []
    section = _section(_markdown(results, definition, "en"), "Geography")
    assert "| Germany | 500 | 62.5% |" in section
    assert r"| Spain | \* | – | – |" in section
    assert "| Malta | &lt;5 | – | – |" in section
    assert "800 of 894 cohort customers (89.5%)" in section
    assert "estimate" not in section
    assert "| 西班牙 |" in _section(_markdown(results, definition, "zh"), "地域分布")


def test_single_platform_combinations_speak_only_after_the_test_over_all():
    definition = load_parsed("conversion_behaviour")
    results = load_results("conversion_behaviour")
    for row in results["associations"]:
        if row["section"] == "platforms" and row["group_name"] == "cohort":
            row |= {"p_value": 0.0001, "p_adjusted": 0.001}
    results["comparisons"].append(
        {"section": "platforms", "stratum": "cohort", "measure": "customer_health_score", "group_a": "1-0-1",
         "n_a": 200, "mean_a": 69.72, "group_b": "other_combinations", "n_b": 624, "mean_b": 72.5, "difference": -2.78,
         "ci_low": -4.0, "ci_high": -1.5, "p_value": 0.0001, "p_adjusted": 0.001, "by_definition": False}
    )  # fmt: skip
    section = _section(_markdown(results, definition, "en"), "Platforms and health")
    assert "Mean health differs between platform combinations in the cohort" in section
    assert "Marketo + Zendesk, in the cohort: health score averages 69.72, 2.78 lower than for customers" in section
    assert "may be chance" not in section


def test_a_warning_stands_beside_the_measure_it_touches(results, definition):
    section = _section(_markdown(results, definition, "en"), "Profile of the cohort")
    assert (
        "> **Caution.** In 23 rows of customer360\\_\\_customer\\_activity\\_metrics, older snapshots counted too,"
        in section
    )


def test_a_check_without_a_text_still_prints_its_facts(results, definition):
    results["quality"].append(
        {"table_name": "t", "check_name": "new_check", "severity": "warning", "passed": False, "observed": 7.0,
         "expected": "0", "message_id": "new_check", "params": {}, "touches_section": "all", "touches_measure": None}
    )  # fmt: skip
    assert r"new\_check: observed 7, expected 0." in _markdown(results, definition, "en")


def test_two_lakes_give_two_summaries():
    definition = load_parsed("conversion_behaviour")
    other = load_results("conversion_behaviour")
    for row in other["associations"]:
        row["p_value"] = row["p_adjusted"] = 0.9
    first = build_report(Rows(load_results("conversion_behaviour")), definition, "en").sections[0].blocks[1]
    second = build_report(Rows(other), definition, "en").sections[0].blocks[1]
    assert [item.lead for item in first.items] != [item.lead for item in second.items]
    assert all(3 <= len(block.items) <= 5 for block in (first, second))


def test_the_order_of_the_rows_changes_nothing(results, definition, language):
    backwards = {name: rows[::-1] for name, rows in results.items()}
    assert _markdown(backwards, definition, language) == _markdown(results, definition, language)


def test_files_are_stable_and_the_manifest_tells_their_digests(tmp_path):
    definition = load_parsed("special_conversion")
    results = load_results("special_conversion")
    first = write_report(results, definition, ["zh"], tmp_path / "a")
    write_report(results, definition, ["zh"], tmp_path / "b")
    for path in first:
        assert path.read_bytes() == (tmp_path / "b" / path.relative_to(tmp_path / "a")).read_bytes()
    manifest = json.loads((tmp_path / "a" / "manifest.json").read_text("utf-8"))
    assert first[-1].name == "manifest.json"
    assert {tmp_path / "a" / f["path"] for f in manifest["files"]} == set(first[:-1])
    for file in manifest["files"]:
        assert hashlib.sha256((tmp_path / "a" / file["path"]).read_bytes()).hexdigest() == file["sha256"]
    run = results["runs"][0]
    assert (manifest["run_id"], manifest["definition_digest"]) == (run["run_id"], run["definition_digest"])
    assert manifest["source_versions"] == run["source_versions"]


def test_without_a_chinese_font_charts_are_english_and_the_report_says_so(monkeypatch):
    monkeypatch.setattr("jobs.reporting.report.chinese_font", lambda: None)
    definition = load_parsed("special_conversion")
    report = build_report(Rows(load_results("special_conversion")), definition, "zh")
    chart = next(f for f in report.figures() if f.name == "value_risk_matrix").chart
    assert chart.columns == ("High", "Medium", "Low")
    assert "本机未找到中文字体" in render(report, words_for("zh", definition))


def test_the_package_needs_no_spark():
    code = "import sys, jobs.reporting; sys.exit(any(m.split('.')[0] == 'pyspark' for m in sys.modules))"
    root = Path(__file__).parents[2]
    assert subprocess.run([sys.executable, "-c", code], cwd=root, check=False).returncode == 0


def test_cells_of_the_same_size_share_the_first_place():
    results = load_results("high_value_cohort")
    text = _section(_markdown(results, load_parsed("high_value_cohort"), "en"), "Risk and engagement velocity")
    assert "The largest cells of the cohort are Low / Stable and Medium / Accelerating, with 74 customers each." in text
    for row in results["crosstabs"]:
        is_cell = row["section"] == "risk_velocity" and row["group_name"] == "cohort"
        if is_cell and (row["row_value"], row["column_value"]) == ("Low", "Stable"):
            row["n"] = 75
    text = _section(_markdown(results, load_parsed("high_value_cohort"), "en"), "Risk and engagement velocity")
    assert "The largest cell of the cohort is Low / Stable, with 75 customers." in text
