"""LTV of the cohort against the other customers of the same tier."""

from __future__ import annotations

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from transforms import columns as c
from transforms.population_statistics import sample_stddev


def tier_statistics(customers: DataFrame) -> DataFrame:
    """Return n, mean and standard deviation of LTV per tier for cohort, peers and the whole tier.

    In: one row per customer with `is_cohort`. Out: one row per tier that is not missing, columns
    `n_members` (cohort customers, with or without an LTV) and {cohort,peers,baseline}_{n,mean,stddev}.
    """
    is_cohort = F.col(c.IS_COHORT)
    ltv = F.col(c.LTV).cast("double")
    parts = {"cohort": F.when(is_cohort, ltv), "peers": F.when(~is_cohort, ltv), "baseline": ltv}
    aggregates = [F.count_if(is_cohort).alias("n_members")]
    for name, value in parts.items():
        aggregates += [
            F.count(value).alias(f"{name}_n"),
            F.avg(value).alias(f"{name}_mean"),
            sample_stddev(value).alias(f"{name}_stddev"),
        ]
    return customers.filter(F.col(c.TIER).isNotNull()).groupBy(c.TIER).agg(*aggregates)


def cohort_members(customers: DataFrame, *, optional: tuple[str, ...] = ()) -> DataFrame:
    """Return the cohort's customers with their place in the tier.

    In: one row per customer with `is_cohort` and the tier ranks. Out: one row per cohort customer;
    `peer_mean_ltv` is null without peers, `ltv_difference` without either LTV. `optional` names
    level columns that exist for this analysis.
    """
    ltv = F.col(c.LTV).cast("double")
    peers = (
        customers.filter(~F.col(c.IS_COHORT) & F.col(c.TIER).isNotNull())
        .groupBy(c.TIER)
        .agg(F.avg(ltv).alias("peer_mean_ltv"))
    )
    return (
        customers.filter(F.col(c.IS_COHORT))
        .join(F.broadcast(peers), on=c.TIER, how="left")
        .select(
            c.CUSTOMER_KEY,
            c.TIER,
            ltv.alias(c.LTV),
            "peer_mean_ltv",
            (ltv - F.col("peer_mean_ltv")).alias("ltv_difference"),
            c.LTV_PERCENT_RANK,
            c.LTV_ZSCORE,
            F.col(c.LTV_DECILE).cast("int").alias(c.LTV_DECILE),
            *optional,
        )
    )
