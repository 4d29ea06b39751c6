"""Which rows break a rule, and how customers of one table meet the rows of another: literal frames."""

from __future__ import annotations

import math
from typing import Any

import pytest
from pyspark.sql import SparkSession

from tests.frames import assert_same
from transforms.contract_checks import Range, RowRule, Values, is_broken, relation_counts

INPUT = "n int, x double, tier string, is_on boolean"


def broken(spark: SparkSession, rule: RowRule, column: str, *values: Any) -> list[bool]:
    names = [part.split()[0] for part in INPUT.split(", ")]
    rows = [(n, *(value if name == column else None for name in names[1:])) for n, value in enumerate(values)]
    found = spark.createDataFrame(rows, INPUT).select("n", is_broken(rule).alias("broken")).collect()
    return [row["broken"] for row in sorted(found, key=lambda row: row["n"])]


def test_both_limits_of_a_range_are_allowed(spark: SparkSession) -> None:
    rule = Range(column="x", minimum=0, maximum=1)
    values = (0.0, -0.0, 1.0, 0.5, math.nextafter(0.0, -1.0), math.nextafter(1.0, 2.0), -7.0, 1e308)
    assert broken(spark, rule, "x", *values) == [False, False, False, False, True, True, True, True]


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (Range(column="x", minimum=0), [True, False, False]),
        (Range(column="x", maximum=1), [False, False, True]),
    ],
)
def test_a_range_may_be_open_on_one_side(spark: SparkSession, rule: Range, expected: list[bool]) -> None:
    assert broken(spark, rule, "x", -1.0, 0.5, 2.0) == expected


def test_missing_numbers_break_no_range(spark: SparkSession) -> None:
    rule = Range(column="x", minimum=0, maximum=1)
    assert broken(spark, rule, "x", None, math.nan, math.inf, -math.inf, 2.0) == [False, False, False, False, True]


def test_a_range_of_whole_numbers(spark: SparkSession) -> None:
    rows = spark.createDataFrame([(0,), (1,), (5,), (6,), (None,)], "n int")
    actual = rows.select("n", is_broken(Range(column="n", minimum=1, maximum=5)).alias("broken"))
    assert_same(spark, actual, [(0, True), (1, False), (5, False), (6, True), (None, False)], "n int, broken boolean")


def test_a_text_is_allowed_only_as_it_is_spelled_and_null_always(spark: SparkSession) -> None:
    rule = Values(column="tier", allowed=("Gold", "Basic"))
    assert broken(spark, rule, "tier", "Gold", "gold", " Gold", "", None, "Basic") == [
        *(False, True, True, True),
        *(False, False),
    ]


def test_allowed_numbers_and_booleans(spark: SparkSession) -> None:
    rows = spark.createDataFrame([(0,), (1,), (2,), (None,)], "n int")
    actual = rows.select("n", is_broken(Values(column="n", allowed=(0, 1))).alias("broken"))
    assert_same(spark, actual, [(0, False), (1, False), (2, True), (None, False)], "n int, broken boolean")
    assert broken(spark, Values(column="is_on", allowed=(True,)), "is_on", True, False, None) == [False, True, False]


KEYED = "customer_key string"
COUNTS = (
    "customers__a__b bigint, matched__a__b bigint, fan_out__a__b bigint, "
    "customers__b__a bigint, matched__b__a bigint, fan_out__b__a bigint"
)


def test_customers_are_matched_once_each_and_only_their_rows_fan_out(spark: SparkSession) -> None:
    a = [("ann",), ("ann",), ("ann",), ("bob",), ("eve",), (None,), (None,)]
    # rows of dan are no fan-out of a's customers; rows without a key are nobody's
    b = [("ann",), ("bob",), ("bob",), *[("dan",)] * 5, *[(None,)] * 9]
    rows = {"a": spark.createDataFrame(a, KEYED), "b": spark.createDataFrame(b, KEYED)}
    actual = relation_counts(rows, [("a", "b"), ("b", "a")])
    assert_same(spark, actual, [(3, 2, 2, 3, 2, 3)], COUNTS)


def test_tables_without_customers_have_no_relation(spark: SparkSession) -> None:
    rows = {"a": spark.createDataFrame([(None,)], KEYED), "b": spark.createDataFrame([("ann",)], KEYED)}
    assert_same(spark, relation_counts(rows, [("a", "b"), ("b", "a")]), [(0, 0, 0, 1, 0, 0)], COUNTS)
