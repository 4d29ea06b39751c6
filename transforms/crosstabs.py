"""Cross-tabulate customers and describe health and LTV in each cell."""

from __future__ import annotations

from collections.abc import Sequence

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from transforms import columns as c
from transforms.groups import Groups, with_groups
from transforms.missing import category
from transforms.population_statistics import sample_stddev, sample_variance
from transforms.strategies import value_at_stake


def crosstab(
    customers: DataFrame,
    groups: Groups,
    *,
    row: str,
    column: str | None = None,
    no_value: str = c.MISSING,
    label: str | None = None,
) -> DataFrame:
    """Describe health and LTV in each observed cell of a group.

    In: one row per customer. Out: one row per group and cell: row_dimension, row_value,
    column_dimension, column_value (null without a column), label, n, n_health, mean_health,
    stddev_health, n_ltv, mean_ltv, stddev_ltv, sum_ltv, value_at_stake (0 when nobody has an LTV). A missing
    value is `no_value`. `label` names a column that depends on the cell alone.
    """
    row_value = F.coalesce(F.col(row).cast("string"), F.lit(no_value))
    column_value = F.coalesce(F.col(column).cast("string"), F.lit(no_value)) if column else F.lit(None).cast("string")
    label_value: Column = F.col(label) if label else F.lit(None).cast("string")
    cell = [
        row_value.alias("row_value"),
        column_value.alias("column_value"),
        label_value.alias("label"),
        F.col(c.HEALTH).cast("double").alias("health"),
        F.col(c.LTV).cast("double").alias("ltv"),
        value_at_stake().alias("stake"),
    ]
    return (
        with_groups(customers, groups, cell)
        .groupBy(c.GROUP, "row_value", "column_value")
        .agg(
            F.max("label").alias("label"),
            F.count(F.lit(1)).alias("n"),
            F.count("health").alias("n_health"),
            F.avg("health").alias("mean_health"),
            sample_stddev(F.col("health")).alias("stddev_health"),
            F.count("ltv").alias("n_ltv"),
            F.avg("ltv").alias("mean_ltv"),
            sample_stddev(F.col("ltv")).alias("stddev_ltv"),
            F.coalesce(F.sum("ltv"), F.lit(0.0)).alias("sum_ltv"),
            F.sum("stake").alias("value_at_stake"),
        )
        .select(
            c.GROUP,
            F.lit(row).alias("row_dimension"),
            "row_value",
            F.lit(column).cast("string").alias("column_dimension"),
            "column_value",
            "label",
            "n",
            "n_health",
            "mean_health",
            "stddev_health",
            "n_ltv",
            "mean_ltv",
            "stddev_ltv",
            "sum_ltv",
            "value_at_stake",
        )
    )


def health_by_category(customers: DataFrame, groups: Groups, dimensions: Sequence[str]) -> DataFrame:
    """Return n, mean and variance of health per group, dimension and value: the input of Welch's test.

    In: one row per customer. Out: one row per group, dimension and value (missing is `(missing)`).
    """
    members = with_groups(customers, groups, [*dimensions, F.col(c.HEALTH).cast("double").alias("health")])
    pairs = F.array(
        *(F.struct(F.lit(name).alias("dimension"), category(F.col(name)).alias("value")) for name in dimensions)
    )
    return (
        members.select(c.GROUP, "health", F.explode(pairs).alias("pair"))
        .groupBy(c.GROUP, F.col("pair.dimension").alias("dimension"), F.col("pair.value").alias("value"))
        .agg(
            F.count("health").alias("n"),
            F.avg("health").alias("mean"),
            sample_variance(F.col("health")).alias("variance"),
        )
    )
