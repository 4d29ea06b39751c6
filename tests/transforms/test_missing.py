from __future__ import annotations

import math

from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from tests.frames import assert_same
from transforms.missing import category, finite, flag, is_not_finite, with_missing_as_null

NAN, INF = math.nan, math.inf
VALUES = [
    (1, 0.0, 0.0, False),
    (2, -1.5, -1.5, False),
    (3, 1.7976931348623157e308, 1.7976931348623157e308, False),
    (4, None, None, False),
    (5, NAN, None, True),
    (6, INF, None, True),
    (7, -INF, None, True),
]


def test_null_nan_and_both_infinities_are_missing_and_only_null_counts_as_readable(spark: SparkSession) -> None:
    frame = spark.createDataFrame([(n, value) for n, value, *_ in VALUES], "n int, v double")
    actual = frame.select("n", finite(F.col("v")).alias("v"), is_not_finite(F.col("v")).alias("bad"))
    assert_same(spark, actual, [(n, v, bad) for n, _, v, bad in VALUES], "n int, v double, bad boolean")


def test_every_double_and_float_column_is_cleaned_and_nothing_else(spark: SparkSession) -> None:
    ddl = "n int, d double, f float, s string, `with.dot` double"
    rows = [(1, NAN, INF, "NaN", NAN), (2, 1.5, 0.5, "Infinity", 2.0), (None, None, None, None, None)]
    frame = with_missing_as_null(spark.createDataFrame(rows, ddl))
    assert frame.columns == ["n", "d", "f", "s", "with.dot"]
    expected = [(1, None, None, "NaN", None), (2, 1.5, 0.5, "Infinity", 2.0), (None, None, None, None, None)]
    renamed = "n int, d double, f double, s string, w double"
    assert_same(spark, frame.toDF("n", "d", "f", "s", "w"), expected, renamed)


def test_a_category_keeps_every_spelling_and_names_the_missing(spark: SparkSession) -> None:
    cases = [("High", "High"), ("high", "high"), (" high", " high"), ("", ""), (None, "(missing)")]
    frame = spark.createDataFrame([(value,) for value, _ in cases], "v string")
    assert_same(spark, frame.withColumn("c", category(F.col("v"))), cases, "v string, c string")


def test_a_category_of_numbers_is_text(spark: SparkSession) -> None:
    frame = spark.createDataFrame([(1,), (None,)], "v int")
    assert_same(spark, frame.select(category(F.col("v")).alias("c")), [("1",), ("(missing)",)], "c string")


def test_a_flag_is_0_or_1_and_anything_else_missing(spark: SparkSession) -> None:
    cases = [(0, 0.0, 0.0), (1, 1.0, 1.0), (2, 0.5, None), (-1, NAN, None), (None, None, None)]
    frame = spark.createDataFrame([(n, i, d) for n, (i, d, _) in enumerate(cases)], "n int, i int, d double")
    actual = frame.select("n", flag(F.col("i")).alias("i"), flag(F.col("d")).alias("d"))
    expected = [(n, value, value) for n, (_, _, value) in enumerate(cases)]
    assert_same(spark, actual, expected, "n int, i double, d double")
