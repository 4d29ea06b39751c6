"""Segments, measures and cells of a few customers: hidden, with what would give them away."""

import re

import pytest

from jobs.reporting.context import Context
from jobs.reporting.markdown import render
from jobs.reporting.report import build_report
from jobs.reporting.rows import Rows
from jobs.reporting.sections import segment_rows
from jobs.reporting.words import words_for
from tests.reporting.conftest import load_definition, load_results
from tests.reporting.numbers_in_text import texts_of_chart
from tests.reporting.segment_reports import PARADOX, chapter_text, markdown, row_of


def _shrink(results, segment, n):
    """Leave only `n` customers in a segment; the next one takes the others in."""
    for row in results["distributions"]:
        if row["group_name"] == "population" and row["value"] == segment:
            row["n"] = n
    for row in results["measures"]:
        if row["group_name"] == segment:
            row["n"] = n
    for row in results["strategies"]:
        if row["segment"] == segment:
            row["n"] = n


def test_a_small_segment_and_the_one_that_would_give_it_away_show_no_figure():
    definition = load_definition(PARADOX)
    results = load_results(PARADOX)
    _shrink(results, "high_value", 3)
    for language in ("en", "zh"):
        report = build_report(Rows(results), definition, language)
        text = render(report, words_for(language, definition))
        drawn = "\n".join(line for figure in report.figures() for line in texts_of_chart(figure.chart))
        for group in ("high_value", "between", "not_high_value"):
            row = row_of(results, "measures", section="segments", group_name=group, measure="estimated_customer_ltv")
            assert f"{row['mean']:,.0f}" not in text + drawn, group
        row = row_of(results, "measures", section="segments", group_name="low_contribution",
                   measure="estimated_customer_ltv")  # fmt: skip
        assert f"{row['mean']:,.0f}" in text
    text = markdown(results, definition)
    membership = chapter_text(text, "Who is in which segment")
    assert re.search(r"\| High-Value \| [^|]+ \| &lt;5 \| – \| – \| – \| – \|", membership)
    assert re.search(r"\| Unassigned \| [^|]+ \| \\\* \| – \| – \| – \| – \|", membership)
    assert "4,586 (96.9%)" in text
    chapter = chapter_text(text, "How the segments compare")
    assert chapter.count("holds fewer than 5 customers, so they are not compared") == 2
    assert "in the segment Unassigned: withheld" in chapter
    strategies = chapter_text(text, "Recommendations")
    assert re.search(r"\| High-Value \|.*\| &lt;5 \| – \|", strategies)


def test_the_strategy_of_a_segment_that_protects_a_small_one_shows_no_amount():
    definition = load_definition("limited_data_value")
    results = load_results("limited_data_value")
    _shrink(results, "middle_tiers", 3)
    row = row_of(results, "strategies", segment="high_value_enterprise")
    chapter = chapter_text(markdown(results, definition), "Recommendations")
    assert re.search(r"\| High-Value Enterprise \|.*\| \\\* \| – \|", chapter)
    assert f"{row['value_at_stake']:,.0f}" not in chapter


def test_a_segment_whose_others_are_few_is_hidden_with_them():
    definition = load_definition(PARADOX)
    results = load_results(PARADOX)
    for segment, n in (("high_value", 4730), ("low_contribution", 2), ("between", 2)):
        _shrink(results, segment, n)
    context = Context(rows=Rows(results), definition=definition, words=words_for("en", definition),
                      chart_words=words_for("en", definition), minimum=5)  # fmt: skip
    hidden = segment_rows.hidden_segments(context)
    assert {"high_value", "not_high_value", "low_contribution", "between"} <= hidden
    assert segment_rows.leading_pair(context) is None
    assert "none is compared" in markdown(results, definition)


def test_few_values_of_one_measure_hide_that_measure_only():
    definition = load_definition("limited_data_value")
    results = load_results("limited_data_value")
    row = row_of(results, "measures", group_name="high_value_enterprise", measure="days_since_last_activity")
    row["n"] = 2
    chapter = chapter_text(markdown(results, definition), "How the segments compare")
    line = next(line for line in chapter.split("\n") if line.startswith("| Time since the last activity"))
    # The next smallest segment goes with it, or the total over all customers would give it away.
    assert re.match(r"\| Time since the last activity \| – \| &lt;5 \| [^|]+days\) \| 2,728 \| – \| \\\* \|", line)
    assert "| Account age | 589.6 days" in chapter


def test_a_flag_that_few_have_is_withheld_but_a_low_probability_is_not():
    definition = load_definition("limited_data_value")
    results = load_results("limited_data_value")
    row = row_of(results, "measures", group_name="high_value_enterprise", measure="churn_probability")
    row |= {"n": 10, "mean": 0.3, "stddev": 0.05}
    assert "| Churn probability | 30.0%" in markdown(results, definition)
    row |= {"stddev": (0.3 * 0.7 * 10 / 9) ** 0.5}  # all values 0 or 1: three customers have the flag
    assert "| Churn probability | – |" in markdown(results, definition)


def test_small_cells_of_a_mix_do_not_follow_from_segment_and_population_totals():
    definition = load_definition("limited_data_value")
    results = load_results("limited_data_value")
    rows = {(r["value"], r["group_name"]): r for r in results["distributions"] if r["dimension"] == "risk_category"}
    low, minimal = rows["Low", "high_value_enterprise"], rows["Minimal", "high_value_enterprise"]
    minimal["n"] += low["n"] - 3
    low["n"] = 3
    for value in ("Low", "Minimal"):
        rows[value, "population"]["n"] = sum(
            rows[value, g]["n"] for g in ("high_value_enterprise", "basic_tier", "middle_tiers")
        )
    chapter = chapter_text(markdown(results, definition), "How the segments compare")
    table = chapter.split("### Risk category")[1].split("### ")[0]
    line = next(line for line in table.split("\n") if line.startswith("| Low |"))
    assert re.match(r"\| Low \| – \| &lt;5 \|", line)
    # A rectangle: the partner in the row, one in the column, and the corner that closes it.
    lines = [row.split("|") for row in table.split("\n") if row.startswith("| ") and " n |" not in row]
    marks = {cells[1].strip(): [cells[i].strip() for i in (3, 5, 7, 9)] for cells in lines if len(cells) > 9}
    assert marks["Low"] == ["&lt;5", "809", r"\*", "1,374"]
    assert marks["High Risk"] == [r"\*", "470", r"\*", "801"]
    assert r"\*" not in (*marks["Minimal"], *marks["Medium"])


def test_an_empty_segment_is_named_and_takes_no_column():
    definition = load_definition("limited_data_value")
    results = load_results("limited_data_value")
    _shrink(results, "middle_tiers", 0)
    text = markdown(results, definition)
    assert "Other tiers: no customer meets the rule, so nothing is said of this segment." in text
    assert "Other tiers, mean" not in text


def _with_thin_tiers(*tiers):
    """The rows with some more tiers of two customers each."""
    results = load_results("limited_data_value")
    one = next(
        r
        for r in results["crosstabs"]
        if r["row_value"] == ">730" and r["column_value"] == "Gold" and r["group_name"] == "population"
    )
    results["crosstabs"] = [
        row
        for row in results["crosstabs"]
        if row["column_dimension"] != "customer_tier" or row["column_value"] in ("Basic", "Bronze", "Silver", "Gold")
    ]
    results["crosstabs"] += [one | {"column_value": tier, "n": 2, "n_ltv": 2} for tier in tiers]
    chapter = chapter_text(markdown(results, load_definition("limited_data_value")), "How the segments compare")
    return chapter.split("### Account age by tier")[1].split("### ")[0]


@pytest.mark.parametrize(
    ("tiers", "said"),
    [
        (["Platinum"], "Left out, because no cell reaches 5 customers: Platinum."),
        (
            ["Platinum", "gold "],
            "Left out, because no cell reaches 5 customers: Platinum and values spelled otherwise.",
        ),
        (["gold "], "Rows and columns in which no cell reaches 5 customers are left out."),
    ],
)
def test_a_known_value_without_a_cell_that_may_be_shown_is_named_a_stray_spelling_is_not(tiers, said):
    assert said in _with_thin_tiers(*tiers)


def test_where_every_value_is_shown_nothing_is_said_to_be_left_out():
    table = _with_thin_tiers()
    assert "eft out" not in table
