"""How even, how fast and how active a customer is: proxies from the value table, and a health index."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from transforms import columns as c
from transforms.bins import bin_names, bin_of
from transforms.derived import HEALTH_INDEX
from transforms.segments import AGE, rfm_scores

INACTIVE = "days_since_last_activity"
DAYS_PER_MONTH = 30.44


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthWeights:
    """What each part of the health index weighs (they sum to 1), and the LTV from which on it counts in full."""

    health: float
    retention: float
    ltv: float
    ltv_cap: float


def rfm_variance() -> Column:
    """Return the variance of a customer's three scores, divided by 3; null where one is missing."""
    recency, frequency, monetary = rfm_scores()
    squares = recency * recency + frequency * frequency + monetary * monetary
    total = recency + frequency + monetary
    # whole scores stay whole numbers until the one division: equal spreads are equal doubles
    return (F.lit(3.0) * squares - total * total) / F.lit(9.0)


def rfm_consistency() -> Column:
    """Return 1 / (1 + variance of the three scores): 1 where they are equal."""
    return F.lit(1.0) / (F.lit(1.0) + rfm_variance())


def monetary_imbalance() -> Column:
    """Return the monetary score less the mean of the other two; null where one is missing."""
    recency, frequency, monetary = rfm_scores()
    return monetary - (recency + frequency) / F.lit(2.0)


def imbalance_bin(upper: Sequence[float]) -> Column:
    """Return the bin of the monetary imbalance; `upper` are the bins' upper bounds, inclusive."""
    return bin_of(monetary_imbalance(), upper, bin_names(upper))


def ltv_velocity_monthly() -> Column:
    """Return LTV per month of account age (30.44 days); null without a positive age."""
    return F.col(c.LTV).cast("double") / (_positive_age() / F.lit(DAYS_PER_MONTH))


def inactivity_ratio() -> Column:
    """Return days since the last activity over account age; null without a positive age."""
    return F.col(INACTIVE).cast("double") / _positive_age()


def activity_efficiency_proxy() -> Column:
    """Return the part of its life in which an account was active: 1 - inactivity ratio."""
    return F.lit(1.0) - inactivity_ratio()


def _positive_age() -> Column:
    # an account of no age, or of a negative one, has no rate; no engine divides by null
    return F.when(F.col(AGE) > 0, F.col(AGE).cast("double"))


def with_health_index(customers: DataFrame, weights: HealthWeights) -> DataFrame:
    """Add `health_index`: health over its range in the population, 1 - churn, and LTV up to a cap, weighted.

    In and out: one row per customer. Where all have the same health its part is 0. Null where health, churn or
    LTV is missing.
    """
    health = F.col(c.HEALTH).cast("double")
    limits = customers.agg(F.min(health).alias("_health_low"), F.max(health).alias("_health_high"))
    width = F.nullif(F.col("_health_high") - F.col("_health_low"), F.lit(0.0))
    in_range = F.when(health.isNotNull(), F.coalesce((health - F.col("_health_low")) / width, F.lit(0.0)))
    ltv = F.col(c.LTV).cast("double")
    # least() passes over a null
    capped = F.when(ltv.isNotNull(), F.least(ltv / F.lit(weights.ltv_cap), F.lit(1.0)))
    index = (
        F.lit(weights.health) * in_range
        + F.lit(weights.retention) * (F.lit(1.0) - F.col(c.CHURN).cast("double"))
        + F.lit(weights.ltv) * capped
    )
    with_index = customers.crossJoin(F.broadcast(limits)).withColumn(HEALTH_INDEX, index)
    return with_index.drop("_health_low", "_health_high")
