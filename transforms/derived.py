"""Columns of the customer view that no table holds: their names and what they are derived from.

The formulas stand in `transforms.platforms`, `transforms.segments` and `transforms.consistency`;
`transforms.derived_columns` adds those an analysis names.
"""

from __future__ import annotations

from transforms import columns as c

RFM_MEAN = "rfm_mean"
WEIGHTED_RFM = "weighted_rfm"
AGE_BAND = "age_band"
RFM_VARIANCE = "rfm_variance"
RFM_CONSISTENCY = "rfm_consistency"
MONETARY_IMBALANCE = "monetary_imbalance"
IMBALANCE_BIN = "imbalance_bin"
LTV_VELOCITY = "ltv_velocity_monthly"
INACTIVITY_RATIO = "inactivity_ratio"
EFFICIENCY_PROXY = "activity_efficiency_proxy"
HEALTH_INDEX = "health_index"

_AGE = "account_age_days"
_INACTIVE = "days_since_last_activity"
_RFM = (c.RECENCY, c.FREQUENCY, c.MONETARY)

PARENTS: dict[str, tuple[str, ...]] = {
    c.PLATFORMS: c.PLATFORM_FLAGS,
    c.NUMBER_OF_PLATFORMS: c.PLATFORM_FLAGS,
    RFM_MEAN: _RFM,
    WEIGHTED_RFM: _RFM,
    AGE_BAND: (_AGE,),
    RFM_VARIANCE: _RFM,
    RFM_CONSISTENCY: _RFM,
    MONETARY_IMBALANCE: _RFM,
    IMBALANCE_BIN: _RFM,
    LTV_VELOCITY: (c.LTV, _AGE),
    INACTIVITY_RATIO: (_INACTIVE, _AGE),
    EFFICIENCY_PROXY: (_INACTIVE, _AGE),
    HEALTH_INDEX: (c.HEALTH, c.CHURN, c.LTV),
}
# As docs/metrics.md prints them; R, F, M are the three scores.
FORMULAS: dict[str, str] = {
    c.PLATFORMS: "flags marketo-stripe-zendesk, such as 1-0-1; unknown where one is neither 0 nor 1",
    c.NUMBER_OF_PLATFORMS: "sum of the three platform flags",
    RFM_MEAN: "(R + F + M) / 3",
    WEIGHTED_RFM: "rfm_weights: 0.3 R + 0.3 F + 0.4 M",
    AGE_BAND: "account_age_days by age_bands: <=180, 181-365, 366-730, >730",
    RFM_VARIANCE: "variance of R, F, M (divided by 3)",
    RFM_CONSISTENCY: "1 / (1 + rfm_variance)",
    MONETARY_IMBALANCE: "M - (R + F) / 2",
    IMBALANCE_BIN: "monetary_imbalance by imbalance_bins: <=0, 0-0.5, >0.5",
    LTV_VELOCITY: "estimated_customer_ltv / (account_age_days / 30.44); age above 0",
    INACTIVITY_RATIO: "days_since_last_activity / account_age_days; age above 0",
    EFFICIENCY_PROXY: "1 - inactivity_ratio",
    HEALTH_INDEX: "0.5 x health over its range + 0.3 x (1 - churn_probability) + 0.2 x min(LTV / 10,000, 1)",
}
CATEGORIES = (c.PLATFORMS, AGE_BAND, IMBALANCE_BIN)
CONSISTENCY = (
    RFM_VARIANCE,
    RFM_CONSISTENCY,
    MONETARY_IMBALANCE,
    IMBALANCE_BIN,
    LTV_VELOCITY,
    INACTIVITY_RATIO,
    EFFICIENCY_PROXY,
    HEALTH_INDEX,
)


def parents(name: str) -> tuple[str, ...]:
    """Return the table columns a column of the view needs: itself where it is one."""
    return PARENTS.get(name, (name,))
