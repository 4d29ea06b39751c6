"""The sections of an analysis: each turns the customer view into rows of the result tables."""

from __future__ import annotations

from collections.abc import Callable

from jobs.sections import (
    attrition,
    channels,
    cohort_profile,
    geography,
    method_sensitivity,
    platforms,
    recommendations,
    risk_velocity,
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
    "geography": geography.build,
    "platforms": platforms.build,
    "risk_velocity": risk_velocity.build,
    "value_risk": value_risk.build,
    "recommendations": recommendations.build,
}
# Part of every analysis: without them no reader could tell what was counted.
ALWAYS = ("attrition", "method_sensitivity", "recommendations")

__all__ = ["ALWAYS", "SECTIONS", "Evidence", "Rows"]
