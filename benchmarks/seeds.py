"""The analyses that the seeds ask for."""

from __future__ import annotations

FIVE = (
    "high_value_cohort",
    "conversion_behaviour",
    "special_conversion",
    "limited_data_value",
    "low_consistency_high_value",
)
