"""Intervals and tests from a handful of sufficient statistics.

scipy gives quantiles and tail probabilities of named distributions; every statistic is computed here.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from scipy import stats

WILSON_Z = 1.959964


@dataclass(frozen=True, slots=True)
class Sample:
    """Number, mean and n - 1 variance of one group's present values."""

    n: int
    mean: float | None
    variance: float | None


@dataclass(frozen=True, slots=True)
class Outcome:
    """A difference with its interval and two-sided p-value."""

    low: float | None = None
    high: float | None = None
    p_value: float | None = None


def mean_interval(sample: Sample) -> tuple[float | None, float | None]:
    """Return Student's 95% interval of a mean; null below two values."""
    if sample.n < 2 or sample.mean is None or sample.variance is None:
        return None, None
    half = float(stats.t.ppf(0.975, sample.n - 1)) * math.sqrt(sample.variance / sample.n)
    return sample.mean - half, sample.mean + half


def wilson(n: int, size: int) -> tuple[float | None, float | None]:
    """Return Wilson's 95% interval of n out of size; null for an empty group."""
    if size == 0:
        return None, None
    z2, p = WILSON_Z**2, n / size
    centre = p + z2 / (2 * size)
    half = WILSON_Z * math.sqrt(p * (1 - p) / size + z2 / (4 * size**2))
    scale = 1 + z2 / size
    return max(0.0, (centre - half) / scale), min(1.0, (centre + half) / scale)


def testable(*samples: Sample) -> bool:
    """Return whether every sample has at least two values that are not all equal."""
    return all(sample.n >= 2 and sample.variance is not None and sample.variance > 0 for sample in samples)


def t_test(estimate: float, variance: float, freedom: float) -> Outcome:
    """Return interval and p-value of an estimate with a known variance and degrees of freedom."""
    error = math.sqrt(variance)
    half = float(stats.t.ppf(0.975, freedom)) * error
    return Outcome(estimate - half, estimate + half, 2 * float(stats.t.sf(abs(estimate) / error, freedom)))


def satterthwaite(terms: Sequence[tuple[float, int]]) -> float:
    """Return the degrees of freedom of a sum of variance terms (term, n)."""
    return sum(term for term, _ in terms) ** 2 / sum(term**2 / (n - 1) for term, n in terms)


def welch(a: Sample, b: Sample) -> Outcome:
    """Return Welch's test of mean a - mean b; empty where a group is below two values or constant."""
    if not testable(a, b):
        return Outcome()
    terms = [(a.variance / a.n, a.n), (b.variance / b.n, b.n)]
    return t_test(a.mean - b.mean, terms[0][0] + terms[1][0], satterthwaite(terms))


def relative_welch(a: Sample, b: Sample) -> Outcome:
    """Return the delta-method interval of (mean a - mean b) / mean b; empty where mean b is not positive."""
    if not testable(a, b) or b.mean <= 0:
        return Outcome()
    terms = [(a.variance / a.n, a.n), (b.variance / b.n, b.n)]
    variance = terms[0][0] / b.mean**2 + a.mean**2 * terms[1][0] / b.mean**4
    return t_test(a.mean / b.mean - 1, variance, satterthwaite(terms))


def hedges_g(a: Sample, b: Sample) -> float | None:
    """Return the standardised difference with the small-sample correction."""
    if not testable(a, b):
        return None
    freedom = a.n + b.n - 2
    pooled = ((a.n - 1) * a.variance + (b.n - 1) * b.variance) / freedom
    return (a.mean - b.mean) / math.sqrt(pooled) * (1 - 3 / (4 * freedom - 1))


@dataclass(frozen=True, slots=True)
class Anova:
    """Welch's analysis of variance; n counts the values of the groups that took part."""

    n: int
    statistic: float | None = None
    df: float | None = None
    df_residual: float | None = None
    p_value: float | None = None


def welch_anova(samples: Sequence[Sample]) -> Anova:
    """Return Welch's analysis of variance over the groups with n >= 10 and variance > 0."""
    used = [sample for sample in samples if testable(sample) and sample.n >= 10]
    n, k = sum(sample.n for sample in used), len(used)
    if k < 2:
        return Anova(n)
    weights = [sample.n / sample.variance for sample in used]
    total = sum(weights)
    centre = sum(w * sample.mean for w, sample in zip(weights, used, strict=True)) / total
    between = sum(w * (sample.mean - centre) ** 2 for w, sample in zip(weights, used, strict=True)) / (k - 1)
    spread = sum((1 - w / total) ** 2 / (sample.n - 1) for w, sample in zip(weights, used, strict=True))
    statistic = between / (1 + 2 * (k - 2) / (k**2 - 1) * spread)
    residual = (k**2 - 1) / (3 * spread)
    return Anova(n, statistic, k - 1, residual, float(stats.f.sf(statistic, k - 1, residual)))


def chi_square_tail(statistic: float, freedom: int) -> float:
    """Return the upper tail of the chi-square distribution."""
    return float(stats.chi2.sf(statistic, freedom))


def fisher_z(r: float | None, n: int) -> Outcome:
    """Return Fisher's interval and p-value of a correlation; empty below four pairs or where |r| is 1."""
    if r is None or n <= 3 or abs(r) >= 1:
        return Outcome()
    z, error = math.atanh(r), 1 / math.sqrt(n - 3)
    half = float(stats.norm.ppf(0.975)) * error
    return Outcome(math.tanh(z - half), math.tanh(z + half), 2 * float(stats.norm.sf(abs(z) / error)))


def benjamini_hochberg(p_values: Sequence[float]) -> list[float]:
    """Return the adjusted p-values in the order given."""
    m = len(p_values)
    adjusted, smallest = [0.0] * m, 1.0
    for rank, index in reversed(list(enumerate(sorted(range(m), key=lambda i: p_values[i]), start=1))):
        smallest = min(smallest, p_values[index] * m / rank)
        adjusted[index] = smallest
    return adjusted
