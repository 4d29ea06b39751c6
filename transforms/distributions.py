"""How a group spreads over the values of a category."""

from __future__ import annotations

from collections.abc import Sequence

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from transforms.groups import Groups
from transforms.missing import category


def count_values(customers: DataFrame, groups: Groups, dimensions: Sequence[str]) -> DataFrame:
    """Count the customers of each group for every value of each dimension.

    In: one row per customer. Out: one row per dimension and value any customer has: dimension, value, and a
    column per group, named like it (0 when nobody). Missing is `(missing)`; every spelling is kept.
    """
    pairs = F.array(
        *(F.struct(F.lit(name).alias("dimension"), category(F.col(name)).alias("value")) for name in dimensions)
    )
    belongs = {name: f"_in_{number}" for number, name in enumerate(groups)}
    return (
        customers.select(F.explode(pairs).alias("pair"), *(groups[name].alias(flag) for name, flag in belongs.items()))
        .groupBy(F.col("pair.dimension").alias("dimension"), F.col("pair.value").alias("value"))
        .agg(*(F.count_if(F.col(flag)).alias(name) for name, flag in belongs.items()))
    )
