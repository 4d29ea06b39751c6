"""Who entered and who left between two states of a cohort: counts only, never keys."""

from __future__ import annotations

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from transforms import columns as c


def membership_changes(before: DataFrame, after: DataFrame) -> DataFrame:
    """Count the customers of one state of a cohort that are not in the other.

    In: two frames with `customer_key`, hidden under the same key. Out: one row with `entered` (in `after` only) and
    `left` (in `before` only), both bigint, 0 for empty frames.
    """
    states = before.select(c.CUSTOMER_KEY, F.lit(1).alias("was"), F.lit(0).alias("is")).unionByName(
        after.select(c.CUSTOMER_KEY, F.lit(0).alias("was"), F.lit(1).alias("is"))
    )
    members = states.groupBy(c.CUSTOMER_KEY).agg(F.max("was").alias("was"), F.max("is").alias("is"))
    return members.agg(
        F.count_if((F.col("is") == 1) & (F.col("was") == 0)).alias("entered"),
        F.count_if((F.col("was") == 1) & (F.col("is") == 0)).alias("left"),
    )
