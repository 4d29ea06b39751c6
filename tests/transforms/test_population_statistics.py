from __future__ import annotations

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from tests.frames import assert_close, assert_same
from transforms.population_statistics import (
    exact_mean,
    sample_stddev,
    sample_variance,
    statistic,
    with_statistics,
)
from transforms.rules import Condition


def _condition(name: str, within: str | None = None) -> Condition:
    return Condition(column="v", operator=">", statistic=name, within=within)


MEANS = {
    "mean of a constant is the constant": ([0.1] * 10, 0.1),
    "nulls are ignored": ([1.0, None, 2.0], 1.5),
    "nothing present": ([None, None], None),
    "one value": ([-3.25], -3.25),
    "no value is lost beside a large one": ([1e15, 0.5, -1e15], 0.166666667),
    "half rounds to even, down": ([1 / 1024], 0.000976562),
    "half rounds to even, up": ([3 / 1024], 0.002929688),
    "nine decimals": ([1.0, 1.0, 2.0], 1.333333333),
}


def test_exact_mean(spark: SparkSession) -> None:
    rows = [(name, value) for name, (values, _) in MEANS.items() for value in values]
    frame = spark.createDataFrame(rows, "name string, v double")
    actual = frame.groupBy("name").agg(exact_mean(F.col("v")).alias("mean"))
    expected = [(name, mean) for name, (_, mean) in MEANS.items()]
    assert_same(spark, actual, expected, "name string, mean double")


def test_exact_mean_does_not_depend_on_row_order_or_partitioning(spark: SparkSession) -> None:
    values = [(10.0 ** (n % 13) + n / 7,) for n in range(500)]
    means = [
        spark.createDataFrame(rows, "v double").repartition(parts).agg(exact_mean(F.col("v"))).first()[0]
        for rows, parts in ((values, 1), (values[::-1], 7))
    ]
    assert means[0] == means[1]


def test_exact_mean_of_an_empty_frame_is_null(spark: SparkSession) -> None:
    frame = spark.createDataFrame([], "v double")
    assert_same(spark, frame.agg(exact_mean(F.col("v")).alias("m")), [(None,)], "m double")


def test_each_statistic_interpolates_and_ignores_nulls(spark: SparkSession) -> None:
    frame = spark.createDataFrame([(v,) for v in (4, 1, 3, 2, None)], "v int")
    names = ("mean", "median", "p0", "p25", "p90", "p12.5", "top_10", "top_25")
    actual = frame.agg(*(statistic(_condition(name)).alias(f"c{i}") for i, name in enumerate(names)))
    ddl = ", ".join(f"c{i} double" for i in range(len(names)))
    assert_close(spark, actual, [(2.5, 2.5, 1.0, 1.75, 3.7, 1.375, 3.7, 3.25)], ddl)


@pytest.mark.parametrize("name", ["average", "p", "p100", "top_", "", "means"])
def test_an_unknown_statistic_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="no statistic"):
        statistic(_condition(name))


def test_statistics_of_the_population_and_within_a_category_become_columns(spark: SparkSession) -> None:
    rows = [("a", "gold", 1.0), ("b", "gold", 3.0), ("c", "tin", 8.0), ("d", None, 4.0), ("e", "lead", None)]
    frame = spark.createDataFrame(rows, "k string, tier string, v double")
    conditions = [_condition("mean"), _condition("mean", "tier"), _condition("median"), _condition("mean")]
    actual = with_statistics(frame, conditions)
    expected = [
        ("a", 4.0, 3.5, 2.0),
        ("b", 4.0, 3.5, 2.0),
        ("c", 4.0, 3.5, 8.0),
        ("d", 4.0, 3.5, None),
        ("e", 4.0, 3.5, None),
    ]
    ddl = "k string, mean_of_v double, median_of_v double, mean_of_v_within_tier double"
    assert_same(spark, actual, expected, ddl)
    assert sorted(actual.columns) == sorted(["k", "tier", "v", "mean_of_v", "median_of_v", "mean_of_v_within_tier"])


def test_conditions_without_statistic_add_nothing(spark: SparkSession) -> None:
    frame = spark.createDataFrame([("a", 1.0)], "k string, v double")
    plain = [Condition(column="v", operator=">", value=1)]
    assert_same(spark, with_statistics(frame, plain), [("a", 1.0)], "k string, v double")
    assert with_statistics(frame, plain).columns == ["k", "v"]


SPREADS = {
    "two values": ([1.0, 3.0], 2.0),
    "n - 1": ([1.0, 2.0, 3.0, 4.0], 5 / 3),
    "nulls are ignored": ([1.0, None, 3.0], 2.0),
    "one value": ([1.0, None], None),
    "no value": ([None], None),
    "a constant": ([0.1] * 7, 0.0),
}


def test_spread_is_null_below_two_values_and_exactly_zero_for_a_constant(spark: SparkSession) -> None:
    rows = [(name, value) for name, (values, _) in SPREADS.items() for value in values]
    frame = spark.createDataFrame(rows, "name string, v double")
    actual = frame.groupBy("name").agg(
        sample_variance(F.col("v")).alias("variance"), sample_stddev(F.col("v")).alias("stddev")
    )
    expected = [
        (name, variance, variance if variance is None else variance**0.5) for name, (_, variance) in SPREADS.items()
    ]
    assert_close(spark, actual, expected, "name string, variance double, stddev double")


def test_the_spread_of_a_large_constant_column_holds_no_rounding_noise(spark: SparkSession) -> None:
    # merging partial variances of 7.7 leaves 4e-16 on the embedded engine; the spread must be exactly 0
    frame = spark.range(0, 200_000, 1, 8).select(F.lit(7.7).alias("v"), (F.col("id") % 3).alias("g"))
    actual = frame.groupBy("g").agg(sample_stddev(F.col("v")).alias("s"))
    assert_same(spark, actual, [(0, 0.0), (1, 0.0), (2, 0.0)], "g bigint, s double")
