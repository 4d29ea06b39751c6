"""Intervals and tests from sufficient statistics; distribution functions come from SciPy.

They are `scipy.special`'s, which `scipy.stats` calls, too, and takes three times as long to load.

Formulas: `docs/definitions.md`. Every function takes a few numbers and touches no data.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from scipy import special

CONFIDENCE = 0.95
WILSON_Z = 1.959964
# Welch weighs a group by n / variance, and two equal values have hardly any: with groups of two or three, p < 0.001
# came up in up to one test in ten although nothing differed. From ten on it keeps its word.
LEAST_IN_ANOVA = 10


@dataclass(frozen=True, slots=True)
class Moments:
    """n present values, their mean and standard deviation (n - 1); nulls where undefined."""

    n: int
    mean: float | None
    stddev: float | None

    @property
    def testable(self) -> bool:
        """Whether a test can use the group: at least two values that differ."""
        return self.n >= 2 and self.mean is not None and bool(self.stddev and self.stddev > 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A difference of two means, as the table `comparisons` shows it; None where undefined."""

    difference: float | None = None
    ratio: float | None = None
    relative: float | None = None
    ci_low: float | None = None
    ci_high: float | None = None
    rel_ci_low: float | None = None
    rel_ci_high: float | None = None
    effect_size: float | None = None
    p_value: float | None = None


def _t_quantile(df: float) -> float:
    return float(special.stdtrit(df, 0.5 + CONFIDENCE / 2))


def mean_interval(group: Moments) -> tuple[float | None, float | None]:
    """Student t 95% interval of a mean; None when n < 2."""
    if group.n < 2 or group.mean is None or group.stddev is None:
        return None, None
    half = _t_quantile(group.n - 1) * group.stddev / math.sqrt(group.n)
    return group.mean - half, group.mean + half


def wilson(count: int, total: int) -> tuple[float | None, float | None]:
    """Wilson 95% interval of a share (Wilson 1927); None for an empty group."""
    if total == 0:
        return None, None
    z2 = WILSON_Z**2
    share = count / total
    centre = (share + z2 / (2 * total)) / (1 + z2 / total)
    half = WILSON_Z / (1 + z2 / total) * math.sqrt(share * (1 - share) / total + z2 / (4 * total**2))
    return max(0.0, centre - half), min(1.0, centre + half)


def welch(a: Moments, b: Moments, *, tested: bool = True) -> Difference:
    """Compare two disjoint groups: Welch's t test, Hedges' g, delta-method interval of the ratio - 1.

    `tested=False` (a measure one of the groups is defined by) leaves interval, effect and p None.
    """
    if a.mean is None or b.mean is None:
        return Difference()
    difference = a.mean - b.mean
    ratio = a.mean / b.mean if b.mean != 0 else None
    relative = difference / b.mean if b.mean > 0 else None
    if not (tested and a.testable and b.testable):
        return Difference(difference=difference, ratio=ratio, relative=relative)
    va, vb = _variance(a) / a.n, _variance(b) / b.n
    df = (va + vb) ** 2 / (va**2 / (a.n - 1) + vb**2 / (b.n - 1))
    relative_error = None
    if relative is not None:
        relative_error = math.sqrt(va / b.mean**2 + a.mean**2 * vb / b.mean**4)
    plain = Difference(difference=difference, ratio=ratio, relative=relative, effect_size=_hedges_g(a, b))
    return _with_test(plain, math.sqrt(va + vb), relative_error, df)


def _with_test(plain: Difference, error: float, relative_error: float | None, df: float) -> Difference:
    """Add intervals and the two-sided p-value to a difference, from its standard errors and degrees of freedom."""
    quantile, difference = _t_quantile(df), plain.difference or 0.0
    low = high = None
    if plain.relative is not None and relative_error is not None:
        low, high = plain.relative - quantile * relative_error, plain.relative + quantile * relative_error
    return replace(
        plain,
        ci_low=difference - quantile * error,
        ci_high=difference + quantile * error,
        rel_ci_low=low,
        rel_ci_high=high,
        p_value=float(2 * special.stdtr(df, -abs(difference) / error)),
    )


def _variance(group: Moments) -> float:
    return (group.stddev or 0.0) ** 2


def _hedges_g(a: Moments, b: Moments) -> float | None:
    if a.mean is None or b.mean is None:
        return None
    df = a.n + b.n - 2
    pooled = math.sqrt(((a.n - 1) * _variance(a) + (b.n - 1) * _variance(b)) / df)
    return (a.mean - b.mean) / pooled * (1 - 3 / (4 * df - 1))


def student_p_value(effect_size: float, n_a: int, n_b: int) -> float:
    """Two-sided p-value of Student's test, which takes the spread of both groups together; from Hedges' g."""
    df = n_a + n_b - 2
    t = effect_size / (1 - 3 / (4 * df - 1)) * math.sqrt(n_a * n_b / (n_a + n_b))
    return float(2 * special.stdtr(df, -abs(t)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Stratified:
    """The overall difference over strata, each weighted by its share of group a."""

    n_a: int
    n_b: int
    mean_a: float
    mean_b: float
    result: Difference


def stratified(strata: Sequence[tuple[Moments, Moments]], *, tested: bool = True) -> Stratified | None:
    """Compare group a with group b within strata: w = n_a / sum n_a, Welch-Satterthwaite df.

    Strata with n < 2 on either side must have been left out; None without strata.
    """
    if not strata:
        return None
    n_a, n_b = sum(a.n for a, _ in strata), sum(b.n for _, b in strata)
    weights = [a.n / n_a for a, _ in strata]
    means = [(a.mean or 0.0, b.mean or 0.0) for a, b in strata]
    mean_a = sum(w * a for w, (a, _) in zip(weights, means, strict=True))
    mean_b = sum(w * b for w, (_, b) in zip(weights, means, strict=True))
    difference = sum(w * (a - b) for w, (a, b) in zip(weights, means, strict=True))
    comparable = all(b > 0 for _, b in means)
    relative = sum(w * (a / b - 1) for w, (a, b) in zip(weights, means, strict=True)) if comparable else None
    ratio = mean_a / mean_b if mean_b != 0 else None
    plain = Difference(difference=difference, ratio=ratio, relative=relative)
    terms = [
        (w**2 * _variance(group) / group.n, group.n) for w, pair in zip(weights, strata, strict=True) for group in pair
    ]
    variance = sum(v for v, _ in terms)
    if not tested or variance <= 0:
        return Stratified(n_a=n_a, n_b=n_b, mean_a=mean_a, mean_b=mean_b, result=plain)
    df = variance**2 / sum(v**2 / (n - 1) for v, n in terms)
    relative_error = None
    if relative is not None:
        relative_variance = sum(
            w**2 * (_variance(ga) / (ga.n * b**2) + a**2 * _variance(gb) / (gb.n * b**4))
            for w, (ga, gb), (a, b) in zip(weights, strata, means, strict=True)
        )
        relative_error = math.sqrt(relative_variance)
    tested_result = _with_test(plain, math.sqrt(variance), relative_error, df)
    return Stratified(n_a=n_a, n_b=n_b, mean_a=mean_a, mean_b=mean_b, result=tested_result)


@dataclass(frozen=True, slots=True, kw_only=True)
class TestResult:
    """A test of association; None where it cannot be computed."""

    __test__ = False  # not a pytest class

    n: int
    statistic: float | None = None
    df: float | None = None
    df_residual: float | None = None
    p_value: float | None = None
    cramers_v: float | None = None


def chi_square(table: Sequence[tuple[int, int]]) -> TestResult:
    """Pearson chi-square of two columns over rows, without continuity correction, and Cramer's V."""
    rows = [row for row in table if sum(row) > 0]
    totals = [sum(row[i] for row in rows) for i in (0, 1)]
    n = sum(totals)
    if len(rows) < 2 or 0 in totals:
        return TestResult(n=n)
    expected = [[sum(row) * total / n for total in totals] for row in rows]
    statistic = sum(
        (seen - due) ** 2 / due
        for row, fair in zip(rows, expected, strict=True)
        for seen, due in zip(row, fair, strict=True)
    )
    df = len(rows) - 1
    return TestResult(
        n=n,
        statistic=statistic,
        df=float(df),
        p_value=float(special.chdtrc(df, statistic)),
        cramers_v=math.sqrt(statistic / (n * (min(len(rows), 2) - 1))),
    )


def welch_anova(groups: Sequence[Moments]) -> TestResult:
    """Welch's analysis of variance (Welch 1951); groups of less than ten or without variance take no part."""
    used = [group for group in groups if group.testable and group.n >= LEAST_IN_ANOVA]
    n = sum(group.n for group in used)
    k = len(used)
    if k < 2:
        return TestResult(n=n)
    weights = [group.n / _variance(group) for group in used]
    total = sum(weights)
    grand = sum(w * (g.mean or 0.0) for w, g in zip(weights, used, strict=True)) / total
    between = sum(w * ((g.mean or 0.0) - grand) ** 2 for w, g in zip(weights, used, strict=True)) / (k - 1)
    spread = sum((1 - w / total) ** 2 / (g.n - 1) for w, g in zip(weights, used, strict=True))
    statistic = between / (1 + 2 * (k - 2) / (k**2 - 1) * spread)
    df_residual = (k**2 - 1) / (3 * spread)
    return TestResult(
        n=n,
        statistic=statistic,
        df=float(k - 1),
        df_residual=df_residual,
        p_value=float(special.fdtrc(k - 1, df_residual, statistic)),
    )


def fisher_z(r: float | None, n: int) -> tuple[float | None, float | None, float | None]:
    """Interval and p-value of Pearson's r by Fisher's z; None when n <= 3 or |r| = 1."""
    if r is None or n <= 3 or abs(r) >= 1:
        return None, None, None
    z, error = math.atanh(r), 1 / math.sqrt(n - 3)
    quantile = float(special.ndtri(0.5 + CONFIDENCE / 2))
    p_value = float(2 * special.ndtr(-abs(z) / error))
    return math.tanh(z - quantile * error), math.tanh(z + quantile * error), p_value


def benjamini_hochberg(p_values: Sequence[float | None]) -> list[float | None]:
    """Adjust a family of p-values for the false discovery rate (Benjamini & Hochberg 1995).

    None stays None and is not counted.
    """
    known = sorted(((p, position) for position, p in enumerate(p_values) if p is not None), reverse=True)
    adjusted: list[float | None] = [None] * len(p_values)
    least = 1.0
    for rank, (p, position) in zip(range(len(known), 0, -1), known, strict=True):
        least = min(least, p * len(known) / rank)
        adjusted[position] = least
    return adjusted


def pooled(groups: list[Moments]) -> Moments:
    """Return the moments of several disjoint groups together."""
    present = [g for g in groups if g.n > 0 and g.mean is not None]
    n = sum(g.n for g in present)
    if n == 0:
        return Moments(0, None, None)
    mean = sum(g.n * (g.mean or 0.0) for g in present) / n
    squares = sum((g.n - 1) * (g.stddev or 0.0) ** 2 + g.n * ((g.mean or 0.0) - mean) ** 2 for g in present)
    return Moments(n, mean, math.sqrt(squares / (n - 1)) if n > 1 else None)
