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
