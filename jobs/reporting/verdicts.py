"""What a sentence may say about a row: the rule, once."""

from __future__ import annotations

import enum
import math
from collections.abc import Mapping
from typing import Any

from jobs.inference import student_p_value

SIGNIFICANCE = 0.05
_FAR_BEYOND_CHANCE = 4.0  # standard errors: one in 16,000


class Verdict(enum.StrEnum):
    """The six things that can be said of a comparison."""

    DIFFERENCE = "difference"
    NOT_AFTER_CORRECTION = "not_after_correction"
    NONE = "none"
    TOO_SMALL = "too_small"
    BY_DEFINITION = "by_definition"
    NOT_TESTED = "not_tested"


def of_comparison(row: Mapping[str, Any], minimum: int) -> Verdict:
    """Return what may be said about two groups' means.

    A small group is named as such whatever its p-value; a measure that defines a group is never
    called different. Welch's test alone is not believed: see `_is_chance_of_a_few`.
    """
    if min(int(row.get("n_a") or 0), int(row.get("n_b") or 0)) < minimum:
        return Verdict.TOO_SMALL
    if row.get("by_definition"):
        return Verdict.BY_DEFINITION
    low, high = row.get("ci_low"), row.get("ci_high")
    excludes_zero = low is not None and high is not None and (low > 0 or high < 0)
    verdict = _tested(row, excludes_zero)
    return Verdict.NOT_TESTED if verdict is Verdict.DIFFERENCE and _is_chance_of_a_few(row) else verdict


def _is_chance_of_a_few(row: Mapping[str, Any]) -> bool:
    """Tell whether Student's test, corrected by the same factor, sees no difference where Welch's does.

    Of a skewed measure a few customers mostly hold no large value: their mean is low, and their own spread, by which
    Welch judges it, is small. With 5 against 800 that made p < 0.0025 in one of seven samples of one population.
    """
    effect, p_value, adjusted = row.get("effect_size"), row["p_value"], row["p_adjusted"]
    if effect is None:
        return False
    factor = adjusted / p_value if p_value > 0 else 1.0
    return student_p_value(effect, int(row["n_a"]), int(row["n_b"])) * factor >= SIGNIFICANCE


def of_correlation(row: Mapping[str, Any], minimum: int) -> Verdict:
    """Return what may be said about a correlation."""
    if int(row.get("n") or 0) < minimum:
        return Verdict.TOO_SMALL
    low, high = row.get("ci_low"), row.get("ci_high")
    excludes_zero = low is not None and high is not None and (low > 0 or high < 0)
    return _tested(row, excludes_zero)


def ranks_go_together(row: Mapping[str, Any]) -> bool:
    """Tell whether ranks go together though the values may not: far more often than chance would have it.

    Spearman's coefficient has no row of its own to be corrected with, so the bar is high and the report
    calls it described, not tested.
    """
    r, n = row.get("spearman_r"), int(row.get("n") or 0)
    return r is not None and n > 3 and abs(r) * math.sqrt(n - 3) > _FAR_BEYOND_CHANCE


def of_association(row: Mapping[str, Any], minimum: int, *, smallest_group: int) -> Verdict:
    """Return what may be said about a test over all categories at once.

    `smallest_group` is the size of the smaller of the groups the test compares. The test has no
    interval: its uncorrected p-value stands for it.
    """
    if smallest_group < minimum:
        return Verdict.TOO_SMALL
    p_value = row.get("p_value")
    return _tested(row, p_value is not None and p_value < SIGNIFICANCE)


def _tested(row: Mapping[str, Any], uncorrected: bool) -> Verdict:
    if row.get("p_value") is None or row.get("p_adjusted") is None:
        return Verdict.NOT_TESTED
    if row["p_adjusted"] < SIGNIFICANCE:
        return Verdict.DIFFERENCE
    return Verdict.NOT_AFTER_CORRECTION if uncorrected else Verdict.NONE
