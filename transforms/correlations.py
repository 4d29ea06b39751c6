"""Pearson and Spearman correlation of two numbers by group."""

from __future__ import annotations

from collections.abc import Sequence

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.window import Window as W

from transforms import columns as c
from transforms.cohort import with_groups
from transforms.measures import APPROXIMATE_ACCURACY

_BLOCK = 100
# every hundredth edge, the last of each block
_COARSE = range(_BLOCK - 1, APPROXIMATE_ACCURACY - 1, _BLOCK)


def correlate(customers: DataFrame, groups: Sequence[str], x: str, y: str, *, exact: bool = True) -> DataFrame:
    """Correlate two numbers where both are present.

    In: one row per customer with `is_cohort`, `is_peer`. Out: one row per group with n, pearson_r and
    spearman_r (average ranks; null for constant columns). `exact=False` ranks 10,000 quantile bins
    of `y` instead of its values.
    """
    both = customers.filter(F.col(x).isNotNull() & F.col(y).isNotNull())
    numbers = both.select(
        c.IS_COHORT, c.IS_PEER, F.col(x).cast("double").alias("x"), F.col(y).cast("double").alias("y")
    )
    if not exact:
        numbers = _with_quantile_bins(numbers, "y")
    members = with_groups(numbers, groups, ["x", "y"] if exact else ["x", "y", "y_bin"])
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
    return F.when(varies, F.corr(x, y))


def _with_average_rank(members: DataFrame, name: str, ranked: str) -> DataFrame:
    """Add `<name>_rank`: the average rank of `ranked` in its group, from counts per distinct value."""
    before = W.partitionBy(c.GROUP).orderBy(ranked).rowsBetween(W.unboundedPreceding, W.currentRow)
    counts = members.groupBy(c.GROUP, ranked).agg(F.count(F.lit(1)).alias("_count"))
    upto = F.sum("_count").over(before)
    ranks = counts.select(c.GROUP, ranked, (upto - (F.col("_count") - 1) / 2).alias(f"{name}_rank"))
    return members.join(ranks, on=[c.GROUP, ranked], how="inner")


def _with_quantile_bins(numbers: DataFrame, name: str) -> DataFrame:
    """Add `<name>_bin`: the number of the 9,999 inner edges of 10,000 quantile bins not above the value.

    Counted in two steps of about a hundred comparisons, instead of one of ten thousand.
    """
    points = [step / APPROXIMATE_ACCURACY for step in range(1, APPROXIMATE_ACCURACY)]
    edges = numbers.agg(F.percentile_approx(name, points, APPROXIMATE_ACCURACY).alias("edges"))
    coarse = edges.select("edges", F.array(*(F.col("edges")[i] for i in _COARSE)).alias("coarse"))
    value = F.col(name)
    return (
        numbers.crossJoin(F.broadcast(coarse))
        .withColumn("_block", F.size(F.filter("coarse", lambda edge: edge <= value)))
        .withColumn("_fine", F.slice("edges", F.col("_block") * F.lit(_BLOCK) + 1, F.lit(_BLOCK - 1)))
        .withColumn("_inside", F.size(F.filter("_fine", lambda edge: edge <= value)))
        .withColumn(f"{name}_bin", (F.col("_block") * F.lit(_BLOCK) + F.col("_inside")).cast("double"))
        .drop("edges", "coarse", "_block", "_fine", "_inside")
    )
