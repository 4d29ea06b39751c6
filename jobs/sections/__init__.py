"""The sections of an analysis: each turns the customer view into rows of the result tables."""

from __future__ import annotations

from collections.abc import Callable

from jobs.sections import (
    alerts,
    attrition,
    channels,
    cohort_profile,
    consistency,
    geography,
    indices,
    match_rates,
    method_sensitivity,
    platforms,
    recommendations,
    risk_velocity,
    segments,
    tier_ltv,
    value_risk,
)
from jobs.sections.evidence import Evidence, Rows

SECTIONS: dict[str, Callable[[Evidence], Rows]] = {
    "attrition": attrition.build,
    "method_sensitivity": method_sensitivity.build,
    "cohort_profile": cohort_profile.build,
    "tier_ltv": tier_ltv.build,
    "channels": channels.build,
    "match_rates": match_rates.build,
    "geography": geography.build,
    "platforms": platforms.build,
    "risk_velocity": risk_velocity.build,
    "value_risk": value_risk.build,
    "indices": indices.build,
    "alerts": alerts.build,
    "segments": segments.build,
    "consistency": consistency.build,
    "recommendations": recommendations.build,
}
# Part of every analysis: without them no reader could tell what was counted.
ALWAYS = ("attrition", "method_sensitivity", "match_rates", "recommendations")

__all__ = ["ALWAYS", "SECTIONS", "Evidence", "Rows"]
