"""Which segment a customer is in, and the scores segments are compared by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from transforms import columns as c
from transforms.bins import bin_of, whole_bin_names
from transforms.levels import with_levels
from transforms.rules import Rule

AGE = "account_age_days"
RFM_AVERAGE = "rfm_avg_score"
# The table holds the mean of the three scores with two decimals.
ROUNDED_WITHIN = 0.005


@dataclass(frozen=True, slots=True, kw_only=True)
class RfmWeights:
    """What each score weighs; the weights sum to 1."""

    recency: float
    frequency: float
    monetary: float


def with_segments(customers: DataFrame, rules: Sequence[Rule], remainder: str) -> DataFrame:
    """Add `segment`: the name of the first rule that matches, else `remainder`.

    In and out: one row per customer. Statistics the rules compare with are taken over all customers.
    """
    named = with_levels(customers, {c.SEGMENT: rules})
    return named.withColumn(c.SEGMENT, F.coalesce(F.col(c.SEGMENT), F.lit(remainder)))


def outside(segment: str) -> str:
    """Return the name of the group of everybody who is not in a segment."""
    return f"not_{segment}"


def segment_groups(segments: Sequence[str], compared_with_others: Sequence[str] = ()) -> dict[str, Column]:
    """Return every segment, everybody outside the segments `compared_with_others`, and the population.

    Needs `segment`.
    """
    segment = F.col(c.SEGMENT)
    return {
        **{name: segment == F.lit(name) for name in segments},
        **{outside(name): segment != F.lit(name) for name in compared_with_others},
        c.POPULATION: F.lit(True),
    }


def ltv_by_segment(customers: DataFrame) -> DataFrame:
    """Count customers and add up LTV.

    In: one row per customer with `segment`. Out: one row per segment that holds anybody: segment, n, n_ltv
    (customers with an LTV), sum_ltv (0 when none has one).
    """
    ltv = F.col(c.LTV).cast("double")
    return customers.groupBy(c.SEGMENT).agg(
        F.count(F.lit(1)).alias("n"),
        F.count(ltv).alias("n_ltv"),
        F.coalesce(F.sum(ltv), F.lit(0.0)).alias("sum_ltv"),
    )


def rfm_mean() -> Column:
    """Return the mean of recency, frequency and monetary score; null where one is missing."""
    recency, frequency, monetary = rfm_scores()
    return (recency + frequency + monetary) / F.lit(3.0)


def weighted_rfm(weights: RfmWeights) -> Column:
    """Return the weighted sum of the three scores; null where one is missing."""
    recency, frequency, monetary = rfm_scores()
    return F.lit(weights.recency) * recency + F.lit(weights.frequency) * frequency + F.lit(weights.monetary) * monetary


def rfm_scores() -> tuple[Column, Column, Column]:
    """Return recency, frequency and monetary score as doubles."""
    return F.col(c.RECENCY).cast("double"), F.col(c.FREQUENCY).cast("double"), F.col(c.MONETARY).cast("double")


def age_band(upper: Sequence[int]) -> Column:
    """Return the band of the account age in days, `upper` the bands' last days; a missing age has none."""
    return bin_of(F.col(AGE), upper, whole_bin_names(upper))


def rfm_mean_differs(customers: DataFrame) -> DataFrame:
    """Count customers whose mean score is not the table's `rfm_avg_score`, rounding apart.

    In: one row per customer. Out: one row, `n`. A missing score or average is no difference.
    """
    off = F.abs(rfm_mean() - F.col(RFM_AVERAGE).cast("double")) > F.lit(ROUNDED_WITHIN)
    return customers.agg(F.count_if(F.coalesce(off, F.lit(False))).alias("n"))
