"""The planted effects: every number that makes one group differ from another. All else is noise."""

from __future__ import annotations

TIERS = ("Basic", "Bronze", "Silver", "Gold", "Platinum")

LTV_EFFECT = {"Basic": 0.0, "Bronze": 0.4, "Silver": 0.4, "Gold": -0.4, "Platinum": 0.4}
"""Cohort against same-tier peers, in standard deviations of the tier (Cohen's d)."""

BOOSTED_CHANNEL = "Webinar"
CHANNEL_FACTOR = 1.5
"""Share of the boosted channel in the cohort, as a multiple of its share outside."""

HEALTH_EFFECT = 0.5
"""Health of low-risk customers against high-risk ones, in standard deviations (Cohen's d)."""
LOW_RISK = ("Very Low", "Low")
HIGH_RISK = ("High", "Critical")

COHORT_SHARE = 0.2
"""About the share of customers in the cohort; keeps tier means where they are when the effect is on."""

ENGAGEMENT_MEAN = 7.96
ENGAGEMENT_GAP = (7.76, 8.16)
"""No customer's engagement lies inside, so that membership does not depend on the last digit of the mean."""
MULTI_ROW_ENGAGEMENT = 11.2
"""Mean engagement of customers with several activity rows: why the mean over rows is higher."""
