"""How a group spreads over the values of a category."""

from __future__ import annotations

from collections.abc import Sequence

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from transforms import columns as c
from transforms.missing import category


def count_values(customers: DataFrame, dimensions: Sequence[str]) -> DataFrame:
    """Count population, cohort and peers for every value of each dimension.

    In: one row per customer with `is_cohort`, `is_peer`. Out: one row per dimension and value the
    population holds: `population`, `cohort`, `peers` (0 when nobody). Missing is `(missing)`;
    every spelling is kept.
    """
    pairs = F.array(
        *(F.struct(F.lit(name).alias("dimension"), category(F.col(name)).alias("value")) for name in dimensions)
    )
    return (
        customers.select(c.IS_COHORT, c.IS_PEER, F.explode(pairs).alias("pair"))
        .groupBy(F.col("pair.dimension").alias("dimension"), F.col("pair.value").alias("value"))
        .agg(
            F.count(F.lit(1)).alias(c.POPULATION),
            F.count_if(F.col(c.IS_COHORT)).alias(c.COHORT),
            F.count_if(F.col(c.IS_PEER)).alias(c.PEERS),
        )
    )
