"""What is at stake in each recommended segment, and its KPIs now."""

from __future__ import annotations

from collections.abc import Sequence

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from transforms import columns as c


def value_at_stake() -> Column:
    """Return LTV x churn probability; LTV where churn is missing, 0 where LTV is missing."""
    ltv = F.coalesce(F.col(c.LTV).cast("double"), F.lit(0.0))
    return ltv * F.coalesce(F.col(c.CHURN).cast("double"), F.lit(1.0))


def stakes_by_segment(members: DataFrame, segment: Column, kpis: Sequence[str]) -> DataFrame:
    """Sum what is at stake among the customers of each segment.

    In: one row per customer who counts. Out: one row per segment that is not null: segment, n, value_at_stake,
    and the mean of every KPI column as `kpi__<column>` (null when nobody has it).
    """
    return (
        members.withColumn("segment", segment)
        .filter(F.col("segment").isNotNull())
        .groupBy("segment")
        .agg(
            F.count(F.lit(1)).alias("n"),
            F.sum(value_at_stake()).alias("value_at_stake"),
            *(F.avg(F.col(name).cast("double")).alias(f"kpi__{name}") for name in kpis),
        )
    )
