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
_STATISTICS = ("n", "n_missing", "mean", "stddev", *PERCENTILES)


def describe(customers: DataFrame, groups: Groups, measures: Sequence[str], *, exact: bool = True) -> DataFrame:
    """Describe each measure in each group.

    In: one row per customer with the measures as numbers (missing is null).
    Out: one row per group and measure: n, n_missing, mean, stddev (n - 1), p10, p25, median, p75, p90
    (linear interpolation), trimmed_mean (values in [P10, P90]). A group nobody is in has no row.
    `exact=False` takes approximate percentiles with accuracy 10,000.
    """
    numbers = [F.col(name).cast("double").alias(name) for name in measures]
    members = with_groups(customers, groups, numbers)
    described = members.groupBy(c.GROUP).agg(
        *(aggregate for name in measures for aggregate in _aggregates(name, exact=exact))
    )
    wide = described.select(
        c.GROUP,
        *(f"{name}__{part}" for name in measures for part in ("n", "n_missing", "mean", "stddev")),
        *(
            F.col(f"{name}__percentiles")[index].alias(f"{name}__{part}")
            for name in measures
            for index, part in enumerate(PERCENTILES)
        ),
    )
    trimmed = (
        members.join(F.broadcast(wide), on=c.GROUP, how="inner")
        .groupBy(c.GROUP)
        .agg(*(_trimmed_mean(name) for name in measures))
    )
    rows = F.array(*(_row(name) for name in measures))
    return (
        wide.join(F.broadcast(trimmed), on=c.GROUP, how="inner")
        .select(c.GROUP, F.explode(rows).alias("r"))
        .select(c.GROUP, "r.*")
    )


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
    inside = F.col(name).between(F.col(f"{name}__p10"), F.col(f"{name}__p90"))
    return F.avg(F.when(inside, F.col(name))).alias(f"{name}__trimmed_mean")


def _row(name: str) -> Column:
    parts = [F.col(f"{name}__{part}").alias(part) for part in (*_STATISTICS, "trimmed_mean")]
    return F.struct(F.lit(name).alias("measure"), *parts)
