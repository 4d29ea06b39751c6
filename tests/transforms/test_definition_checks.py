from __future__ import annotations

import pytest
from pyspark.sql import SparkSession

from tests.frames import assert_same
from transforms.definition_checks import check_definition, distinct_values
from transforms.population_statistics import with_statistics
from transforms.rules import Condition, Rule

DDL = "k string, tier string, score double, days int"
ROWS = [
    ("a", "Gold", 1.0, 10),
    ("b", "Gold", 5.0, 20),
    ("c", "gold", 9.0, None),
    ("d", None, None, 40),
]
ABOVE = Condition(column="score", operator=">", statistic="mean")
ABOVE_OWN = Condition(column="score", operator=">=", statistic="mean", within="tier")


def above(days: int) -> Condition:
    return Condition(column="days", operator=">", value=days)


def is_tier(value: str) -> Condition:
    return Condition(column="tier", operator="=", value=value)


@pytest.mark.parametrize(
    ("condition", "met"),
    [
        pytest.param(above(5), 3, id="a missing value satisfies nothing"),
        pytest.param(above(40), 0, id="nobody"),
        pytest.param(ABOVE, 1, id="a statistic of the population"),
        pytest.param(ABOVE_OWN, 2, id="a statistic within a category"),
        pytest.param(is_tier("Gold"), 2, id="another case is another value"),
        pytest.param(Condition(column="tier", operator="!=", value="Gold"), 1, id="missing is not unequal"),
    ],
)
def test_each_condition_is_counted_by_itself(spark: SparkSession, condition: Condition, met: int) -> None:
    frame = spark.createDataFrame(ROWS, DDL)
    found = check_definition(frame, [above(100), condition], [], [], {})
    assert_same(spark, found, [(4, 0, met)], "n bigint not null, met_0 bigint not null, met_1 bigint not null")


def test_statistics_that_are_there_already_are_not_added_twice(spark: SparkSession) -> None:
    frame = with_statistics(spark.createDataFrame(ROWS, DDL), [ABOVE])
    found = check_definition(frame, [ABOVE], [], [[Rule(name="high", conditions=(ABOVE,))]], {})
    assert_same(spark, found, [(1, 3)], "met_0 bigint, none_0 bigint")


def test_numbers_are_described_by_their_range_and_how_many_there_are(spark: SparkSession) -> None:
    found = check_definition(spark.createDataFrame(ROWS, DDL), [], ["days", "score"], [], {})
    assert_same(
        spark,
        found,
        [(10.0, 40.0, 3, 1.0, 9.0, 3)],
        "minimum_0 double, maximum_0 double, present_0 bigint, minimum_1 double, maximum_1 double, present_1 bigint",
    )


def test_rules_are_counted_where_several_match_and_where_none_does(spark: SparkSession) -> None:
    overlapping = [
        Rule(name="late", conditions=(above(15),)),
        Rule(name="gold", conditions=(is_tier("Gold"), above(5))),
    ]
    either = [Rule(name="either", conditions=(is_tier("gold"), above(30)), match_any=True), Rule(name="otherwise")]
    found = check_definition(spark.createDataFrame(ROWS, DDL), [], [], [overlapping, either], {})
    assert_same(spark, found, [(1, 1, 0, 2)], "several_0 bigint, none_0 bigint, several_1 bigint, none_1 bigint")


def test_values_off_a_scale_are_counted_its_ends_are_on_it(spark: SparkSession) -> None:
    found = check_definition(spark.createDataFrame(ROWS, DDL), [], [], [], {"score": (1, 5), "days": (10, 40)})
    assert_same(spark, found, [(1, 0)], "outside_0 bigint, outside_1 bigint")


def test_values_are_counted_as_spelled_without_the_missing(spark: SparkSession) -> None:
    found = distinct_values(spark.createDataFrame(ROWS, DDL), ["tier", "k"], most=10)
    expected = [("tier", "Gold", 2), ("tier", "gold", 1), *(("k", name, 1) for name in "abcd")]
    assert_same(spark, found, expected, "column string, value string, n bigint")


def test_of_a_column_with_too_many_values_one_more_than_allowed_is_listed(spark: SparkSession) -> None:
    found = distinct_values(spark.createDataFrame(ROWS, DDL), ["tier", "k"], most=2)
    expected = [("tier", "Gold"), ("tier", "gold"), ("k", "a"), ("k", "b"), ("k", "c")]
    assert_same(spark, found.drop("n"), expected, "column string, value string")
