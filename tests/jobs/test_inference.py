from __future__ import annotations

import math
import statistics

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.oneway import anova_oneway
from statsmodels.stats.proportion import proportion_confint

from jobs.inference import (
    Difference,
    Moments,
    benjamini_hochberg,
    chi_square,
    fisher_z,
    mean_interval,
    stratified,
    student_p_value,
    welch,
    welch_anova,
    wilson,
)

A = [3.1, 4.7, 5.2, 6.0, 9.4, 2.2]
B = [1.0, 2.5, 2.0, 3.3]
C = [10.5, 8.5, 12.0, 7.0, 9.9]


def moments(values: list[float]) -> Moments:
    spread = statistics.stdev(values) if len(values) > 1 else None
    return Moments(len(values), statistics.fmean(values) if values else None, spread)


EMPTY, ONE, CONSTANT = Moments(0, None, None), Moments(1, 3.0, None), Moments(4, 3.0, 0.0)


# --- intervals of a mean and of a share


def test_mean_interval_is_students() -> None:
    expected = stats.t.interval(0.95, len(A) - 1, loc=np.mean(A), scale=stats.sem(A))
    assert mean_interval(moments(A)) == pytest.approx(expected, rel=1e-12)


def test_mean_interval_of_two_values_by_hand() -> None:
    # t(0.975, 1) = 12.7062047364; the standard error of 1 and 3 is 1
    low, high = mean_interval(moments([1.0, 3.0]))
    assert (low, high) == pytest.approx((2 - 12.7062047364, 2 + 12.7062047364), abs=1e-9)


@pytest.mark.parametrize("group", [EMPTY, ONE])
def test_mean_interval_needs_two_values(group: Moments) -> None:
    assert mean_interval(group) == (None, None)


def test_mean_interval_of_a_constant_is_the_constant() -> None:
    assert mean_interval(CONSTANT) == (3.0, 3.0)


@pytest.mark.parametrize(("count", "total"), [(0, 1), (1, 1), (0, 10), (10, 10), (3, 10), (170_000, 341_895)])
def test_wilson_agrees_with_statsmodels(count: int, total: int) -> None:
    expected = proportion_confint(count, total, alpha=0.05, method="wilson")
    assert wilson(count, total) == pytest.approx(expected, abs=1e-8)


def test_wilson_by_hand_and_at_the_ends() -> None:
    # 1 of 2: centre 1/2, half width z/(1 + z^2/2) * sqrt(1/8 + z^2/16)
    z = 1.959964
    half = z / (1 + z * z / 2) * math.sqrt(1 / 8 + z * z / 16)
    assert wilson(1, 2) == pytest.approx((0.5 - half, 0.5 + half), abs=1e-15)
    assert wilson(0, 0) == (None, None)
    # the formula alone ends at -1e-17 and at 1 + 2e-16 here
    assert [wilson(0, n)[0] for n in (1, 2, 7, 9)] == [0.0] * 4
    assert [wilson(n, n)[1] for n in (1, 7, 20, 32)] == [1.0] * 4


# --- two groups


def test_welch_agrees_with_scipy() -> None:
    found = welch(moments(A), moments(B))
    expected = stats.ttest_ind(A, B, equal_var=False)
    interval = expected.confidence_interval(0.95)
    assert found.p_value == pytest.approx(expected.pvalue, rel=1e-10)
    assert (found.ci_low, found.ci_high) == pytest.approx((interval.low, interval.high), rel=1e-10)
    assert found.difference == pytest.approx(np.mean(A) - np.mean(B))
    assert found.ratio == pytest.approx(np.mean(A) / np.mean(B))
    assert found.relative == pytest.approx(np.mean(A) / np.mean(B) - 1)


def test_welch_is_antisymmetric() -> None:
    there, back = welch(moments(A), moments(B)), welch(moments(B), moments(A))
    assert there.ci_low == pytest.approx(-back.ci_high)
    assert there.effect_size == pytest.approx(-back.effect_size)
    assert there.p_value == pytest.approx(back.p_value)


def test_hedges_g_by_hand() -> None:
    # means 5 and 3, both deviations 2, n 3 and 3: d = 1, correction 1 - 3/(4*4 - 1) = 0.8
    assert welch(Moments(3, 5.0, 2.0), Moments(3, 3.0, 2.0)).effect_size == pytest.approx(0.8)
    # pooled variance weighs by n - 1: (1*1 + 9*4)/10 = 3.7
    found = welch(Moments(2, 5.0, 1.0), Moments(10, 3.0, 2.0)).effect_size
    assert found == pytest.approx(2 / math.sqrt(3.7) * (1 - 3 / 39))


def test_relative_interval_by_the_delta_method_by_hand() -> None:
    # means 6 and 4, deviations 2 and 1, n 4 and 4: va = 1, vb = 1/4
    found = welch(Moments(4, 6.0, 2.0), Moments(4, 4.0, 1.0))
    df = 1.25**2 / (1 / 3 + 0.0625 / 3)
    half = stats.t.ppf(0.975, df) * math.sqrt(1 / 16 + 36 * 0.25 / 256)
    assert found.relative == 0.5
    assert (found.rel_ci_low, found.rel_ci_high) == pytest.approx((0.5 - half, 0.5 + half), rel=1e-12)


@pytest.mark.parametrize(("mean_b", "ratio", "relative"), [(0.0, None, None), (-2.0, -1.5, None)])
def test_no_relative_difference_from_a_base_that_is_not_positive(mean_b, ratio, relative) -> None:
    found = welch(Moments(5, 3.0, 1.0), Moments(5, mean_b, 1.0))
    assert (found.ratio, found.relative) == (ratio, relative)
    assert (found.rel_ci_low, found.rel_ci_high) == (None, None)
    assert found.difference == 3.0 - mean_b
    assert found.p_value is not None


@pytest.mark.parametrize(("a", "b"), [(EMPTY, moments(B)), (moments(A), EMPTY), (EMPTY, EMPTY)])
def test_an_empty_group_has_no_difference(a: Moments, b: Moments) -> None:
    assert welch(a, b) == Difference()


@pytest.mark.parametrize("other", [ONE, CONSTANT])
def test_one_value_or_a_constant_is_compared_but_not_tested(other: Moments) -> None:
    for a, b in ((moments(A), other), (other, moments(A))):
        found = welch(a, b)
        assert found.difference == pytest.approx(a.mean - b.mean)
        assert found.relative is not None
        untested = (found.ci_low, found.ci_high, found.rel_ci_low, found.rel_ci_high)
        assert (*untested, found.effect_size, found.p_value) == (None,) * 6


def test_two_values_are_tested() -> None:
    expected = stats.ttest_ind([1.0, 2.0], [5.0, 9.0], equal_var=False).pvalue
    assert welch(moments([1.0, 2.0]), moments([5.0, 9.0])).p_value == pytest.approx(expected)


def test_a_measure_the_group_is_defined_by_is_described_only() -> None:
    found = welch(moments(A), moments(B), tested=False)
    full = welch(moments(A), moments(B))
    assert found == Difference(difference=full.difference, ratio=full.ratio, relative=full.relative)


@pytest.mark.parametrize(
    ("group", "testable"),
    [(EMPTY, False), (ONE, False), (CONSTANT, False), (Moments(2, 1.0, 0.1), True), (Moments(2, 1.0, None), False)],
)
def test_testable(group: Moments, testable: bool) -> None:
    assert group.testable is testable


# --- strata


def test_one_stratum_is_welchs_test() -> None:
    overall, single = stratified([(moments(A), moments(B))]), welch(moments(A), moments(B))
    assert overall is not None
    for name in ("difference", "ratio", "relative", "ci_low", "ci_high", "rel_ci_low", "rel_ci_high", "p_value"):
        assert getattr(overall.result, name) == pytest.approx(getattr(single, name), rel=1e-12)
    assert overall.result.effect_size is None
    assert (overall.n_a, overall.n_b) == (6, 4)


def test_two_strata_by_hand() -> None:
    gold = (Moments(30, 12.0, 3.0), Moments(50, 10.0, 2.0))
    tin = (Moments(10, 5.0, 1.0), Moments(90, 4.0, 2.0))
    found = stratified([gold, tin])
    assert found is not None
    assert (found.n_a, found.n_b) == (40, 140)
    # weights 3/4 and 1/4: the cohort's own mix
    assert found.mean_a == pytest.approx(0.75 * 12 + 0.25 * 5)
    assert found.mean_b == pytest.approx(0.75 * 10 + 0.25 * 4)
    assert found.result.difference == pytest.approx(1.75)
    assert found.result.ratio == pytest.approx(10.25 / 8.5)
    assert found.result.relative == pytest.approx(0.75 * 0.2 + 0.25 * 0.25)
    terms = [(0.5625 * 9 / 30, 30), (0.5625 * 4 / 50, 50), (0.0625 * 1 / 10, 10), (0.0625 * 4 / 90, 90)]
    variance = sum(v for v, _ in terms)
    df = variance**2 / sum(v**2 / (n - 1) for v, n in terms)
    half = stats.t.ppf(0.975, df) * math.sqrt(variance)
    assert (found.result.ci_low, found.result.ci_high) == pytest.approx((1.75 - half, 1.75 + half))
    assert found.result.p_value == pytest.approx(2 * stats.t.sf(1.75 / math.sqrt(variance), df))
    relative_variance = 0.5625 * (9 / (30 * 100) + 144 * 4 / (50 * 10**4))
    relative_variance += 0.0625 * (1 / (10 * 16) + 25 * 4 / (90 * 4**4))
    half = stats.t.ppf(0.975, df) * math.sqrt(relative_variance)
    interval = (found.result.rel_ci_low, found.result.rel_ci_high)
    assert interval == pytest.approx((0.2125 - half, 0.2125 + half))


def test_strata_without_variance_or_not_to_be_tested_are_compared_only() -> None:
    flat = [(Moments(3, 5.0, 0.0), Moments(3, 4.0, 0.0))]
    for found in (stratified(flat), stratified([(moments(A), moments(B))], tested=False)):
        assert found is not None
        assert found.result.difference is not None
        assert (found.result.ci_low, found.result.p_value, found.result.rel_ci_low) == (None, None, None)


def test_no_strata_give_nothing_and_a_base_of_zero_no_relative_difference() -> None:
    assert stratified([]) is None
    found = stratified([(moments(A), moments(B)), (Moments(3, 1.0, 1.0), Moments(3, 0.0, 1.0))])
    assert found is not None
    assert (found.result.relative, found.result.rel_ci_low) == (None, None)
    assert found.result.ratio is not None
    assert found.result.p_value is not None
    zero = stratified([(Moments(3, 1.0, 1.0), Moments(3, 0.0, 1.0))])
    assert zero is not None
    assert zero.result.ratio is None


@pytest.mark.parametrize(("a", "b"), [(A, B), (C, A), (B, C)])
def test_students_test_is_read_off_hedges_g(a: list[float], b: list[float]) -> None:
    effect = welch(moments(a), moments(b)).effect_size
    assert effect is not None
    expected = stats.ttest_ind(a, b, equal_var=True).pvalue
    assert student_p_value(effect, len(a), len(b)) == pytest.approx(expected, rel=1e-10)


# --- association


def test_chi_square_agrees_with_scipy_and_cramers_v() -> None:
    table = [(10, 200), (30, 150), (5, 5)]
    expected = stats.chi2_contingency(table, correction=False)
    found = chi_square(table)
    assert found.n == 400
    assert (found.statistic, found.df, found.p_value) == pytest.approx((expected.statistic, 2.0, expected.pvalue))
    assert found.cramers_v == pytest.approx(stats.contingency.association(table, method="cramer"))
    assert found.df_residual is None


def test_chi_square_by_hand_without_continuity_correction() -> None:
    # 2x2: n (ad - bc)^2 / (r1 r2 c1 c2) = 40 * (10*15 - 10*5)^2 / (20*20*15*25)
    found = chi_square([(10, 10), (5, 15)])
    assert found.statistic == pytest.approx(40 * 100**2 / (20 * 20 * 15 * 25))
    assert found.cramers_v == pytest.approx(math.sqrt(found.statistic / 40))


def test_chi_square_leaves_empty_values_out() -> None:
    assert chi_square([(10, 10), (0, 0), (5, 15)]) == chi_square([(10, 10), (5, 15)])


@pytest.mark.parametrize(
    ("table", "n"), [([], 0), ([(3, 4)], 7), ([(3, 0), (4, 0)], 7), ([(0, 3), (0, 4)], 7), ([(3, 4), (0, 0)], 7)]
)
def test_chi_square_needs_two_values_and_two_groups(table, n) -> None:
    found = chi_square(table)
    assert (found.n, found.statistic, found.p_value, found.cramers_v) == (n, None, None, None)


# Ten values are the least that a group needs to take part.
A2, B3, C2 = A * 2, B * 3, C * 2


@pytest.mark.parametrize("groups", [[A2, B3], [A2, B3, C2], [A2, A2, C2, B3]])
def test_welch_anova_agrees_with_statsmodels(groups: list[list[float]]) -> None:
    expected = anova_oneway(groups, use_var="unequal", welch_correction=True)
    found = welch_anova([moments(group) for group in groups])
    assert found.statistic == pytest.approx(expected.statistic, rel=1e-10)
    assert found.p_value == pytest.approx(expected.pvalue, rel=1e-10)
    assert (found.df, found.df_residual) == pytest.approx((expected.df_num, expected.df_denom), rel=1e-10)
    assert found.n == sum(len(group) for group in groups)
    assert found.cramers_v is None


def test_welch_anova_of_two_groups_is_welchs_test() -> None:
    assert welch_anova([moments(A2), moments(B3)]).p_value == pytest.approx(
        welch(moments(A2), moments(B3)).p_value, rel=1e-10
    )


def test_welch_anova_leaves_out_groups_it_cannot_use() -> None:
    used = [moments(A2), moments(C2)]
    nine_of_one_value = Moments(9, 3.0, 1e-9)
    assert welch_anova([EMPTY, *used, ONE, CONSTANT, nine_of_one_value]) == welch_anova(used)
    assert welch_anova([*used, Moments(10, 3.0, 1.0)]).df == 2.0


def test_welch_anova_rejects_no_oftener_than_it_says_where_groups_are_small() -> None:
    # combinations of three platforms in a cohort of 160: two of the eight hold a customer or two
    shares = [platform * other for platform in (0.97, 0.03) for other in (0.3025, 0.2475, 0.2475, 0.2025)]
    chance = np.random.default_rng(7)
    p_values = []
    for _ in range(1_000):
        health = [chance.normal(size=n) for n in chance.multinomial(160, shares)]
        p_values.append(welch_anova([moments(list(values)) for values in health]).p_value)
    assert np.mean(np.array(p_values) < 0.05) < 0.075
    assert np.mean(np.array(p_values) < 0.001) < 0.005


@pytest.mark.parametrize("groups", [[], [moments(A2)], [moments(A2), moments(B), ONE, CONSTANT, EMPTY]])
def test_welch_anova_needs_two_groups(groups: list[Moments]) -> None:
    found = welch_anova(groups)
    assert (found.statistic, found.df, found.df_residual, found.p_value) == (None,) * 4


def test_fisher_z_agrees_with_scipy_and_by_hand() -> None:
    xs, ys = A[:5], C
    expected = stats.pearsonr(xs, ys)
    interval = expected.confidence_interval(0.95)
    low, high, p_value = fisher_z(float(expected.statistic), 5)
    assert (low, high) == pytest.approx((interval.low, interval.high), rel=1e-9)
    z = abs(math.atanh(expected.statistic)) * math.sqrt(2)
    assert p_value == pytest.approx(math.erfc(z / math.sqrt(2)))


@pytest.mark.parametrize(
    ("r", "n"), [(None, 10), (0.5, 0), (0.5, 2), (0.5, 3), (1.0, 10), (-1.0, 10), (1.0000000000000002, 10)]
)
def test_fisher_z_is_undefined_at_the_ends(r, n) -> None:
    assert fisher_z(r, n) == (None, None, None)


def test_fisher_z_from_four_pairs_and_of_no_correlation() -> None:
    low, high, p_value = fisher_z(0.0, 4)
    assert (low, high, p_value) == pytest.approx((-math.tanh(1.959963984540054), math.tanh(1.959963984540054), 1.0))


# --- many tests


def test_benjamini_hochberg_agrees_with_scipy_and_by_hand() -> None:
    p_values = [0.01, 0.04, 0.03, 0.005]
    assert benjamini_hochberg(p_values) == pytest.approx([0.02, 0.04, 0.04, 0.02])
    many = [((i * 37) % 101) / 101 for i in range(60)]
    assert benjamini_hochberg(many) == pytest.approx(list(stats.false_discovery_control(many, method="bh")))


def test_missing_p_values_stay_missing_and_are_not_counted() -> None:
    assert benjamini_hochberg([None, 0.01, None, 0.04]) == [None, pytest.approx(0.02), None, pytest.approx(0.04)]
    assert benjamini_hochberg([None, None]) == [None, None]
    assert benjamini_hochberg([]) == []
    assert benjamini_hochberg([0.3]) == [0.3]
    assert benjamini_hochberg([0.0, 1.0]) == [0.0, 1.0]
