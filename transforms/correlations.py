"""Pearson and Spearman correlation of two numbers by group."""

from __future__ import annotations

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.window import Window as W

from transforms import columns as c
from transforms.groups import Groups, group_names

_BINS = 10_000
_STEPS = 1 << 20


def correlate(customers: DataFrame, groups: Groups, x: str, y: str, *, exact: bool = True) -> DataFrame:
    """Correlate two numbers where both are present.

    In: one row per customer. Out: one row per group with n, pearson_r and
    spearman_r (average ranks; null for constant columns). `exact=False` ranks 10,000 quantile bins
    of `y` instead of its values.
    """
    both = customers.filter(F.col(x).isNotNull() & F.col(y).isNotNull())
    numbers = both.select(
        group_names(groups).alias("_groups"), F.col(x).cast("double").alias("x"), F.col(y).cast("double").alias("y")
    )
    if not exact:
        numbers = _with_quantile_bins(numbers, "y")
    members = numbers.select(F.explode("_groups").alias(c.GROUP), "x", "y", *([] if exact else ["y_bin"]))
    ranked = _with_average_rank(members, "x", "x")
    ranked = _with_average_rank(ranked, "y", "y" if exact else "y_bin")
    return ranked.groupBy(c.GROUP).agg(
        F.count(F.lit(1)).alias("n"),
        _correlation("x", "y").alias("pearson_r"),
        _correlation("x_rank", "y_rank").alias("spearman_r"),
    )


def _correlation(x: str, y: str) -> Column:
    # a constant column has no correlation; engines disagree on null or NaN there
    varies = (F.min(x) < F.max(x)) & (F.min(y) < F.max(y))
    # not F.corr: one engine divides by zero there before the condition is looked at
    spread = F.nullif(F.stddev_pop(x) * F.stddev_pop(y), F.lit(0.0))
    return F.when(varies, F.covar_pop(x, y) / spread)


def _with_average_rank(members: DataFrame, name: str, ranked: str) -> DataFrame:
    """Add `<name>_rank`: the average rank of `ranked` in its group, from counts per distinct value."""
    before = W.partitionBy(c.GROUP).orderBy(ranked).rowsBetween(W.unboundedPreceding, W.currentRow)
    counts = members.groupBy(c.GROUP, ranked).agg(F.count(F.lit(1)).alias("_count"))
    upto = F.sum("_count").over(before)
    ranks = counts.select(c.GROUP, ranked, (upto - (F.col("_count") - 1) / 2).alias(f"{name}_rank"))
    return members.join(ranks, on=[c.GROUP, ranked], how="inner")


def _with_quantile_bins(numbers: DataFrame, name: str) -> DataFrame:
    """Add `<name>_bin`: which of 10,000 equally filled bins holds the value.

    Counted over 2^20 equal steps of the range, not sketched: the engines' quantile sketches differ, and
    one of them takes no list of points. Equal values share a bin; a constant has one bin.
    """
    limits = numbers.agg(F.min(name).alias("_low"), F.max(name).alias("_high"), F.count(name).alias("_total"))
    width = F.nullif(F.col("_high") - F.col("_low"), F.lit(0.0))
    step = F.floor((F.col(name) - F.col("_low")) / width * F.lit(float(_STEPS)))
    stepped = numbers.crossJoin(F.broadcast(limits)).withColumn("_step", F.coalesce(step, F.lit(0)))
    counts = stepped.groupBy("_step", "_total").agg(F.count(F.lit(1)).alias("_count"))
    lower = W.orderBy("_step").rowsBetween(W.unboundedPreceding, -1)
    below = F.coalesce(F.sum("_count").over(lower), F.lit(0))
    place = F.floor(below * F.lit(_BINS) / F.col("_total")).cast("double")
    bins = counts.select("_step", place.alias(f"{name}_bin"))
    return stepped.join(bins, on="_step", how="inner").select(*numbers.columns, f"{name}_bin")
