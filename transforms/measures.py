"""Describe numbers by group: the sufficient statistics of measures."""

from __future__ import annotations

from collections.abc import Sequence

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from transforms import columns as c
from transforms.groups import Groups, with_groups
from transforms.population_statistics import sample_stddev

PERCENTILES = {"p10": 0.10, "p25": 0.25, "median": 0.50, "p75": 0.75, "p90": 0.90}
APPROXIMATE_ACCURACY = 10_000


def describe(customers: DataFrame, groups: Groups, measures: Sequence[str], *, exact: bool = True) -> DataFrame:
    """Describe each measure in each group.

    In: one row per customer with the measures as numbers (missing is null).
    Out: one row per group and measure: n, n_missing, mean, stddev (n - 1), p10, p25, median, p75, p90
    (linear interpolation). A group nobody is in has no row.
    `exact=False` takes approximate percentiles with accuracy 10,000.
    """
    described = (
        _members(customers, groups, measures)
        .groupBy(c.GROUP)
        .agg(*(aggregate for name in measures for aggregate in _aggregates(name, exact=exact)))
    )
    rows = F.array(*(_row(name) for name in measures))
    return described.select(c.GROUP, F.explode(rows).alias("r")).select(c.GROUP, "r.*")


def trimmed_means(customers: DataFrame, groups: Groups, measures: Sequence[str], bounds: DataFrame) -> DataFrame:
    """Return the mean of the values from P10 to P90, both included, of each measure in each group.

    In: one row per customer; `bounds` has one row per group with the doubles `<measure>__p10` and `<measure>__p90`, as
    `describe` found them: taken from a result, since one engine would compute all percentiles a second time here.
    Out: one row per group and measure: trimmed_mean, null without values.
    """
    trimmed = (
        _members(customers, groups, measures)
        .join(F.broadcast(bounds), on=c.GROUP, how="inner")
        .groupBy(c.GROUP)
        .agg(*(_trimmed_mean(name) for name in measures))
    )
    rows = F.array(*(F.struct(F.lit(name).alias("measure"), F.col(name).alias("trimmed_mean")) for name in measures))
    return trimmed.select(c.GROUP, F.explode(rows).alias("r")).select(c.GROUP, "r.*")


def bound(measure: str, percentile: str) -> str:
    """Return the name of the column of `bounds` that holds `p10` or `p90` of a measure."""
    return f"{measure}__{percentile}"


def _members(customers: DataFrame, groups: Groups, measures: Sequence[str]) -> DataFrame:
    return with_groups(customers, groups, [F.col(name).cast("double").alias(name) for name in measures])


def _aggregates(name: str, *, exact: bool) -> list[Column]:
    value = F.col(name)
    points = list(PERCENTILES.values())
    percentiles = (
        F.percentile(value, F.array(*(F.lit(point) for point in points)))
        if exact
        # one by one: one engine takes no list of points here
        else F.array(*(F.percentile_approx(value, point, APPROXIMATE_ACCURACY) for point in points))
    )
    return [
        F.count(value).alias(f"{name}__n"),
        F.count_if(value.isNull()).alias(f"{name}__n_missing"),
        F.avg(value).alias(f"{name}__mean"),
        sample_stddev(value).alias(f"{name}__stddev"),
        percentiles.alias(f"{name}__percentiles"),
    ]


def _trimmed_mean(name: str) -> Column:
    inside = F.col(name).between(F.col(bound(name, "p10")), F.col(bound(name, "p90")))
    return F.avg(F.when(inside, F.col(name))).alias(name)


def _row(name: str) -> Column:
    percentiles = [F.col(f"{name}__percentiles")[index].alias(part) for index, part in enumerate(PERCENTILES)]
    others = [F.col(f"{name}__{part}").alias(part) for part in ("n", "n_missing", "mean", "stddev")]
    return F.struct(F.lit(name).alias("measure"), *others, *percentiles)
