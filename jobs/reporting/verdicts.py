"""What a sentence may say about a row: the rule, once."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from typing import Any

SIGNIFICANCE = 0.05


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
    called different.
    """
    if min(int(row.get("n_a") or 0), int(row.get("n_b") or 0)) < minimum:
        return Verdict.TOO_SMALL
    if row.get("by_definition"):
        return Verdict.BY_DEFINITION
    low, high = row.get("ci_low"), row.get("ci_high")
    excludes_zero = low is not None and high is not None and (low > 0 or high < 0)
    return _tested(row, excludes_zero)


def of_correlation(row: Mapping[str, Any], minimum: int) -> Verdict:
    """Return what may be said about a correlation."""
    if int(row.get("n") or 0) < minimum:
        return Verdict.TOO_SMALL
    low, high = row.get("ci_low"), row.get("ci_high")
    excludes_zero = low is not None and high is not None and (low > 0 or high < 0)
    return _tested(row, excludes_zero)


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
