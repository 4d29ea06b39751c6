"""Columns of a customer that no table holds: scores, bands and ratios from columns that tables do hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

_SCORES = ("recency_score", "frequency_score", "monetary_score")
_FLAGS = ("in_marketo", "in_stripe", "in_zendesk")
_AGE, _INACTIVE = "account_age_days", "days_since_last_activity"
_LTV, _CHURN, _HEALTH = "estimated_customer_ltv", "churn_probability", "customer_health_score"

PARENTS: dict[str, tuple[str, ...]] = {
    "platforms": _FLAGS,
    "number_of_platforms": _FLAGS,
    "rfm_mean": _SCORES,
    "weighted_rfm": _SCORES,
    "age_band": (_AGE,),
    "rfm_variance": _SCORES,
    "rfm_consistency": _SCORES,
    "monetary_imbalance": _SCORES,
    "imbalance_bin": _SCORES,
    "ltv_velocity_monthly": (_LTV, _AGE),
    "inactivity_ratio": (_INACTIVE, _AGE),
    "activity_efficiency_proxy": (_INACTIVE, _AGE),
    "health_index": (_HEALTH, _CHURN, _LTV),
}
DAYS_PER_MONTH = 30.44


def derived_columns(definition: Mapping[str, Any]) -> dict[str, str]:
    """Return name -> expression over the joined customer row; a missing parent makes each one missing."""
    segments = definition["sections"].get("segments") or {}
    consistency = definition["sections"].get("consistency") or {}
    weights = {"recency": 0.3, "frequency": 0.3, "monetary": 0.4} | (segments.get("rfm_weights") or {})
    r, f, m = (f"CAST({score} AS DOUBLE)" for score in _SCORES)
    # The spread of three numbers around their mean is a third of their squared differences, divided by three.
    variance = f"(({r} - {f}) ** 2 + ({f} - {m}) ** 2 + ({m} - {r}) ** 2) / 9"
    imbalance = f"({m} - ({r} + {f}) / 2)"
    # An account of no age, or of a negative one, has no rate.
    age = f"CASE WHEN {_AGE} > 0 THEN CAST({_AGE} AS DOUBLE) END"
    inactive = f"CAST({_INACTIVE} AS DOUBLE) / ({age})"
    return _platforms() | {
        "rfm_mean": f"({r} + {f} + {m}) / 3",
        "weighted_rfm": f"{weights['recency']} * {r} + {weights['frequency']} * {f} + {weights['monetary']} * {m}",
        "age_band": _age_band(segments.get("age_bands", [180, 365, 730])),
        "rfm_variance": variance,
        "rfm_consistency": f"1 / (1 + {variance})",
        "monetary_imbalance": imbalance,
        "imbalance_bin": _bin(imbalance, consistency.get("imbalance_bins", [0, 0.5])),
        "ltv_velocity_monthly": f"CAST({_LTV} AS DOUBLE) * {DAYS_PER_MONTH} / ({age})",
        "inactivity_ratio": inactive,
        "activity_efficiency_proxy": f"1 - {inactive}",
        "health_index": _health_index(consistency.get("health_index") or {}),
    }


def _platforms() -> dict[str, str]:
    known = " AND ".join(f"coalesce({flag} IN (0, 1), false)" for flag in _FLAGS)
    digits = " || '-' || ".join(f"CAST(CAST({flag} AS INTEGER) AS VARCHAR)" for flag in _FLAGS)
    return {
        "platforms": f"CASE WHEN {known} THEN {digits} ELSE 'unknown' END",
        "number_of_platforms": f"CASE WHEN {known} THEN CAST({' + '.join(_FLAGS)} AS INTEGER) END",
    }


def _age_band(bounds: Sequence[int]) -> str:
    """Name whole days: `<=180`, `181-365`, `366-730`, `>730`."""
    below = [None, *bounds]
    whens = [
        f"WHEN {_AGE} <= {upper} THEN '{f'<={upper}' if lower is None else f'{lower + 1}-{upper}'}'"
        for lower, upper in zip(below, bounds, strict=False)
    ]
    return f"CASE {' '.join(whens)} WHEN {_AGE} > {bounds[-1]} THEN '>{bounds[-1]}' END"


def _bin(expression: str, bounds: Sequence[float]) -> str:
    """Name half-open bins: `<=0`, `0-0.5`, `>0.5`."""
    below = [None, *bounds]
    whens = [
        f"WHEN {expression} <= {upper} THEN '{f'<={upper:g}' if lower is None else f'{lower:g}-{upper:g}'}'"
        for lower, upper in zip(below, bounds, strict=False)
    ]
    return f"CASE {' '.join(whens)} WHEN {expression} > {bounds[-1]} THEN '>{bounds[-1]:g}' END"


def _health_index(options: Mapping[str, Any]) -> str:
    """Health over its range in the population, retention, and LTV up to a cap; one value in all: no range."""
    chosen = {"health": 0.5, "retention": 0.3, "ltv": 0.2, "ltv_cap": 10_000} | options
    health, lowest, highest = (
        f"CAST({_HEALTH} AS DOUBLE)",
        f"CAST(min({_HEALTH}) OVER () AS DOUBLE)",
        f"CAST(max({_HEALTH}) OVER () AS DOUBLE)",
    )
    in_range = (
        f"CASE WHEN {lowest} = {highest} THEN 0 * {health} ELSE ({health} - {lowest}) / ({highest} - {lowest}) END"
    )
    ltv = f"CASE WHEN {_LTV} > {chosen['ltv_cap']} THEN 1.0 ELSE CAST({_LTV} AS DOUBLE) / {chosen['ltv_cap']} END"
    return (
        f"CAST({chosen['health']} AS DOUBLE) * ({in_range}) + {chosen['retention']} * (1 - CAST({_CHURN} AS DOUBLE))"
        f" + {chosen['ltv']} * ({ltv})"
    )
