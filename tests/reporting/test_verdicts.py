import pytest

from jobs.reporting.context import Context
from jobs.reporting.rows import Rows
from jobs.reporting.verdicts import Verdict, of_association, of_comparison, of_correlation, ranks_go_together
from jobs.reporting.words import words_for


def _row(**changes):
    row = {
        "measure": "estimated_customer_ltv", "n_a": 5, "n_b": 5, "mean_a": 110.0, "mean_b": 100.0, "difference": 10.0,
        "ci_low": 1.0, "ci_high": 19.0, "p_value": 0.01, "p_adjusted": 0.049, "by_definition": False,
    }  # fmt: skip
    return row | changes


def _few(**changes):
    return _row(n_b=795, p_value=1e-4, p_adjusted=2e-3) | changes


TRUTH = [
    pytest.param(_row(), Verdict.DIFFERENCE, id="corrected_below_five_percent_both_groups_at_the_minimum"),
    pytest.param(
        _row(p_adjusted=0.05), Verdict.NOT_AFTER_CORRECTION, id="corrected_at_five_percent_interval_without_zero"
    ),
    pytest.param(_row(p_adjusted=0.05, ci_low=-1.0), Verdict.NONE, id="interval_holds_zero"),
    pytest.param(_row(p_adjusted=0.05, ci_low=0.0), Verdict.NONE, id="interval_touches_zero"),
    pytest.param(
        _row(p_adjusted=0.2, ci_low=-9.0, ci_high=-1.0), Verdict.NOT_AFTER_CORRECTION, id="interval_below_zero"
    ),
    pytest.param(_row(n_a=4), Verdict.TOO_SMALL, id="group_a_below_the_minimum"),
    pytest.param(_row(n_b=4), Verdict.TOO_SMALL, id="group_b_below_the_minimum"),
    pytest.param(_row(n_a=None), Verdict.TOO_SMALL, id="unknown_n_counts_as_small"),
    pytest.param(_row(by_definition=True), Verdict.BY_DEFINITION, id="by_definition_is_never_a_difference"),
    pytest.param(_row(by_definition=True, n_a=4), Verdict.TOO_SMALL, id="small_comes_before_by_definition"),
    pytest.param(_row(p_value=None, p_adjusted=None), Verdict.NOT_TESTED, id="no_p_value"),
    # 5 against 795: Student's t is g x sqrt(5 x 795 / 800) = 2.23 g, but for the small-sample correction of g
    pytest.param(_few(effect_size=-0.5), Verdict.NOT_TESTED, id="only_the_small_groups_own_spread_says_so"),
    pytest.param(_few(effect_size=-2.5), Verdict.DIFFERENCE, id="the_spread_of_both_groups_says_so_too"),
    pytest.param(
        _few(effect_size=1.16, p_adjusted=2e-3), Verdict.NOT_TESTED, id="said_so_too_but_not_after_correction"
    ),
    pytest.param(_few(effect_size=1.16, p_adjusted=2e-4), Verdict.DIFFERENCE, id="said_so_too_after_correction"),
    pytest.param(_few(effect_size=-0.5, p_adjusted=0.2), Verdict.NOT_AFTER_CORRECTION, id="nothing_to_say_so_of"),
    pytest.param(_few(effect_size=0.5, p_value=0.0, p_adjusted=0.0), Verdict.NOT_TESTED, id="a_p_value_of_zero"),
]


@pytest.mark.parametrize(("row", "verdict"), TRUTH)
def test_what_may_be_said_of_two_means(row, verdict):
    assert of_comparison(row, 5) is verdict


@pytest.mark.parametrize(
    ("n", "p_value", "p_adjusted", "low", "high", "verdict"),
    [
        (100, 0.001, 0.01, 0.1, 0.5, Verdict.DIFFERENCE),
        (100, 0.04, 0.2, 0.01, 0.5, Verdict.NOT_AFTER_CORRECTION),
        (100, 0.4, 0.6, -0.1, 0.2, Verdict.NONE),
        (4, 0.001, 0.01, 0.1, 0.5, Verdict.TOO_SMALL),
        (100, None, None, None, None, Verdict.NOT_TESTED),
    ],
)
def test_what_may_be_said_of_a_correlation(n, p_value, p_adjusted, low, high, verdict):
    row = {"n": n, "p_value": p_value, "p_adjusted": p_adjusted, "ci_low": low, "ci_high": high}
    assert of_correlation(row, 5) is verdict


@pytest.mark.parametrize(
    ("spearman", "n", "told"),
    [(0.3, 600, True), (-0.3, 600, True), (0.1, 600, False), (0.9, 10, False), (None, 600, False), (1.0, 3, False)],
)
def test_ranks_are_told_only_where_chance_hardly_makes_them(spearman, n, told):
    assert ranks_go_together({"spearman_r": spearman, "n": n}) is told


@pytest.mark.parametrize(
    ("smallest", "p_value", "p_adjusted", "verdict"),
    [
        (5, 0.001, 0.049, Verdict.DIFFERENCE),
        (5, 0.049, 0.05, Verdict.NOT_AFTER_CORRECTION),
        (5, 0.05, 0.2, Verdict.NONE),
        (4, 0.001, 0.01, Verdict.TOO_SMALL),
        (5, None, None, Verdict.NOT_TESTED),
    ],
)
def test_what_may_be_said_of_all_categories(smallest, p_value, p_adjusted, verdict):
    row = {"p_value": p_value, "p_adjusted": p_adjusted}
    assert of_association(row, 5, smallest_group=smallest) is verdict


def _context(language="en"):
    words = words_for(language, {})
    return Context(rows=Rows({}), definition={}, words=words, chart_words=words, minimum=5)


@pytest.mark.parametrize(
    ("row", "says", "never_says"),
    [
        pytest.param(_row(), "$10 higher than for other customers in the same tier", "no difference", id="higher"),
        pytest.param(_row(difference=-10.0), "$10 lower than for other customers", "higher", id="lower"),
        pytest.param(_row(p_adjusted=0.3), "not after correction", "higher than", id="not_after_correction"),
        pytest.param(
            _row(p_adjusted=0.3, ci_low=-1.0), "the data show no difference", "higher than", id="no_difference"
        ),
        pytest.param(_row(n_a=4), "too small", "110", id="small_groups_show_no_mean"),
        pytest.param(_row(by_definition=True), "described, not tested", "higher than", id="by_definition"),
    ],
)
def test_the_sentence_says_what_the_verdict_allows(row, says, never_says):
    sentence = _context().comparison(row, group="The cohort", baseline="other customers in the same tier")
    assert says in sentence
    assert never_says not in sentence


def test_a_printed_difference_names_its_baseline_and_an_uncorrected_interval():
    for language, label in (("en", "Uncorrected 95% interval"), ("zh", "95% 区间（未校正）")):
        sentence = _context(language).comparison(_row(), group="A", baseline="BASELINE")
        assert "BASELINE" in sentence
        assert label in sentence
