"""The chapter on what changed since the last run, from hand-made rows."""

import itertools

import pytest

from jobs.reporting.markdown import render
from jobs.reporting.report import build_report
from jobs.reporting.rows import Rows
from jobs.reporting.sections.change_rows import member_marks
from jobs.reporting.words import words_for
from tests.reporting.conftest import load_parsed
from tests.reporting.numbers_in_text import numbers_without_a_row

FIGURES = {
    "n_customers": (900.0, 910.0), "n_cohort": (175.0, 178.0),
    "tier_ltv.overall.estimated_customer_ltv": (-93.7, 120.4),
    "cohort_profile.cohort.customer_health_score": (70.5, 70.1), "cohort_profile.cohort.zendesk_active": (0.304, 0.291),
    "alerts.red.n": (12.0, 9.0),
}  # fmt: skip


def _rows(figures, members, cause="customers"):
    changed = [
        {"figure": name, "previous_run_id": "0123456789abcdef", "previous": before, "current": now,
         "difference": None if before is None or now is None else now - before, "cause": cause}
        for name, (before, now) in figures.items()
    ]  # fmt: skip
    counts = [
        {"figure": name, "previous_run_id": "0123456789abcdef", "previous": None, "current": count,
         "difference": None, "cause": cause}
        for name, count in zip(("members_entered", "members_left"), members, strict=False)
    ]  # fmt: skip
    return changed + counts


def _results(changes, size=178):
    return {
        "attrition": [
            {"step": 0, "predicate": "population", "n_remaining": 910, "n_undecidable": 0, "statistic_value": None},
            {"step": 1, "predicate": "all", "n_remaining": size, "n_undecidable": 0, "statistic_value": None},
        ],
        "measures": [
            {"section": "cohort_profile", "group_name": "cohort", "measure": "zendesk_active", "unit": "share",
             "n": size, "mean": 0.291}
        ],
        "runs": [{"event": "started", "run_id": "fedcba9876543210", "analysis": "conversion_behaviour"}],
        "changes": changes,
    }  # fmt: skip


def _chapter(changes, language="en", name="changes", analysis="conversion_behaviour", size=178):
    definition = load_parsed(analysis)
    report = build_report(Rows(_results(changes, size)), definition, language)
    title = next(section.title for section in report.sections if section.name == name)
    return render(report, words_for(language, definition)).split(f"## {title}\n", 1)[1].split("\n## ", 1)[0]


def test_a_first_run_has_no_chapter_and_says_so_once():
    definition = load_parsed("conversion_behaviour")
    report = build_report(Rows(_results([])), definition, "en")
    assert "changes" not in [section.name for section in report.sections]
    text = render(report, words_for("en", definition))
    assert text.count("This is the first publication of the analysis") == 1
    later = build_report(Rows(_results(_rows(FIGURES, (10.0, 7.0)))), definition, "en")
    assert "first publication" not in render(later, words_for("en", definition))
    assert [section.name for section in later.sections][:2] == ["summary", "changes"]


def test_figures_stand_with_previous_change_and_now():
    text = _chapter(_rows(FIGURES, (10.0, 7.0)))
    assert "run 0123456789abcdef" in text
    assert "| Figure | Last run | Change by customers | This run |" in text
    assert "| All customers | 900 | +10 | 910 |" in text
    assert "| Cohort customers | 175 | +3 | 178 |" in text
    assert "difference of means | −\\$94 | +\\$214 | +\\$120 |" in text
    assert "| Cohort: health score, mean | 70.50 | −0.40 | 70.10 |" in text
    assert "| Cohort: share active on Zendesk | 30.4% | −1.3 percentage points | 29.1% |" in text
    assert "| Customers under red alert | 12 | −3 | 9 |" in text
    assert "10 customers entered the cohort and 7 customers left it." in text
    assert "not tested" in text


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_number_of_the_chapter_stands_in_a_row(language):
    changes = _rows(FIGURES, (10.0, 7.0))
    text = _chapter(changes, language)
    assert numbers_without_a_row(text, _results(changes), load_parsed("conversion_behaviour")) == []


def test_a_changed_definition_splits_each_change_in_two():
    between = {name: (now, now + 20 if "." not in name else now) for name, (_, now) in FIGURES.items()}
    changes = _rows(FIGURES, (10.0, 7.0)) + _rows(between, (25.0, 5.0), cause="definition")
    text = _chapter(changes, size=198)
    assert "| Figure | Last run | Change by customers | Change by definition | This run |" in text
    assert "| Cohort customers | 175 | +3 | +20 | 198 |" in text
    assert "With the same definition, 10 customers entered the cohort and 7 customers left it." in text
    assert "Through the new definition, 25 customers entered the cohort and 5 customers left it." in text


def test_an_old_definition_that_cannot_be_read_leaves_the_change_whole():
    text = _chapter(_rows(FIGURES, (10.0, 7.0), cause="unsplit"))
    assert "cannot be split" in text
    assert "| Figure | Last run | Change | This run |" in text


def test_members_under_another_key_are_not_counted():
    text = _chapter(_rows(FIGURES, (None, None)))
    assert "cannot be counted" in text
    assert "entered the cohort and" not in text


def test_an_analysis_without_cohort_says_nothing_of_members():
    changes = _rows({"n_customers": (900.0, 910.0)}, ())
    text = _chapter(changes, analysis="low_consistency_high_value", size=910)
    assert "entered" not in text
    assert "| All customers | 900 | +10 | 910 |" in text


@pytest.mark.parametrize(
    ("sizes", "members", "shown"),
    [
        pytest.param((175, 178), (10, 7), ("10 customers", "7 customers"), id="nothing_small"),
        pytest.param((175, 182), (7, 0), ("7 customers", "0 customers"), id="nobody_left"),
        pytest.param((175, 173), (1, 3), ("&lt;5 customers", "&lt;5 customers"), id="both_small"),
        pytest.param((175, 165), (2, 12), ("&lt;5 customers", r"\* customers"), id="the_large_one_is_withheld"),
        pytest.param((175, 179), (4, 0), (r"\* customers", r"\* customers"), id="four_and_none_follow_from_the_sizes"),
        pytest.param((175, 174), (4, 5), (r"\* customers", r"\* customers"), id="four_and_five_follow_from_the_sizes"),
        pytest.param((175, 179), (6, 2), (r"\* customers", r"\* customers"), id="or_marks_would_tell_those_apart"),
        pytest.param((3, 178), (180, 5), (r"\* customers", r"\* customers"), id="the_cohort_was_small"),
    ],
)
def test_small_numbers_of_members_do_not_follow_from_the_sizes(sizes, members, shown):
    before, now = (float(size) for size in sizes)
    text = _chapter(_rows({"n_cohort": (before, now)}, tuple(float(count) for count in members)), size=sizes[1])
    assert f"With the same definition, {shown[0]} entered the cohort and {shown[1]} left it." in text


@pytest.mark.parametrize("minimum", [3, 5, 10])
def test_every_pair_of_marks_stands_for_more_than_one_pair_of_counts(minimum):
    told = {}
    for entered, left in itertools.product(range(4 * minimum), repeat=2):
        marks = member_marks(entered, left, minimum)
        if marks:
            told.setdefault((entered - left, marks), []).append((entered, left))
    near = {key: pairs for key, pairs in told.items() if abs(key[0]) < 2 * minimum}
    assert min(len(pairs) for pairs in near.values()) > 1


def test_a_run_in_which_nothing_moved_is_told_in_two_sentences():
    same = {name: (now, now) for name, (_, now) in FIGURES.items()}
    text = _chapter(_rows(same, (0.0, 0.0)))
    assert "With the same definition, the cohort has the same members." in text
    assert "None of the figures that are followed from run to run has changed." in text
    assert "| Figure |" not in text


def test_a_figure_that_is_new_has_no_change():
    text = _chapter(_rows({**FIGURES, "alerts.red.n": (None, 9.0)}, (10.0, 7.0)))
    assert "| Customers under red alert | – | – | 9 |" in text


def test_a_small_cohort_before_hides_its_means():
    figures = {**FIGURES, "n_cohort": (4.0, 178.0)}
    text = _chapter(_rows(figures, (176.0, 2.0)))
    assert r"| Cohort customers | &lt;5 | \* | 178 |" in text
    assert "70.50" not in text
    assert "−\\$94" not in text


def test_a_small_alert_hides_its_change():
    text = _chapter(_rows({**FIGURES, "alerts.red.n": (3.0, 9.0)}, (10.0, 7.0)))
    assert r"| Customers under red alert | &lt;5 | \* | 9 |" in text


def test_a_share_of_few_customers_is_withheld():
    figures = {**FIGURES, "cohort_profile.cohort.zendesk_active": (2 / 175, 0.291)}
    text = _chapter(_rows(figures, (10.0, 7.0)))
    assert r"| Cohort: share active on Zendesk | \* | \* | \* |" in text


def test_a_small_segment_is_hidden_with_a_partner():
    definition = load_parsed("low_consistency_high_value")
    names = [rule["name"] for rule in definition["segments"]["rules"]] + [definition["segments"]["remainder"]["name"]]
    figures = {"n_customers": (900.0, 910.0)}
    for name, (before, now) in zip(names, [(3.0, 60.0), (40.0, 50.0), (857.0, 800.0)], strict=True):
        figures |= {f"segments.{name}.n": (before, now), f"segments.{name}.estimated_customer_ltv": (before, now)}
    text = _chapter(_rows(figures, ()), analysis="low_consistency_high_value", size=910)
    lines = [line for line in text.split("\n") if "customers |" in line]
    assert any(line.endswith(r"| &lt;5 | \* | 60 |") for line in lines)
    assert any(line.endswith(r"| \* | \* | 50 |") for line in lines)
    assert any(line.endswith("| 857 | −57 | 800 |") for line in lines)
    means = [line for line in text.split("\n") if "lifetime value, mean" in line]
    assert [line.count(r"\*") for line in means] == [3, 3, 0]
