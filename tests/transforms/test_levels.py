from __future__ import annotations

from pyspark.sql import SparkSession

from tests.frames import assert_same
from transforms.levels import with_levels
from transforms.population_statistics import with_statistics
from transforms.rules import Condition, Rule

ABOVE = Condition(column="ltv", operator=">", statistic="mean", within="tier")
BELOW = Condition(column="ltv", operator="<", statistic="mean", within="tier")
STRONG = Condition(column="money", operator=">=", value=4)
LEVELS = {
    "value_level": [
        Rule(name="high", conditions=(ABOVE, STRONG)),
        Rule(name="low", conditions=(BELOW,)),
        Rule(name="medium"),
    ],
    "risk_level": [Rule(name="high", conditions=(Condition(column="risk", operator="=", value="High"),))],
}
ROWS = [
    ("a", "gold", 9.0, 4, "High", "high", "high"),
    ("b", "gold", 9.0, 3, "Low", "medium", None),
    ("c", "gold", 3.0, 5, None, "low", None),
    ("d", "gold", 7.0, 5, "High", "medium", "high"),
    ("e", "tin", 1.0, 5, "High", "medium", "high"),
    ("f", None, 99.0, 5, "High", "medium", "high"),
    ("g", "gold", None, 5, "High", "medium", "high"),
]
INPUT = "k string, tier string, ltv double, money int, risk string"
DDL = "k string, value_level string, risk_level string"


def test_each_list_of_rules_names_a_column_by_first_match(spark: SparkSession) -> None:
    frame = spark.createDataFrame([row[:5] for row in ROWS], INPUT)
    expected = [(row[0], *row[5:]) for row in ROWS]
    assert_same(spark, with_levels(frame, LEVELS), expected, DDL)


def test_statistics_that_are_there_already_are_not_added_twice(spark: SparkSession) -> None:
    frame = with_statistics(spark.createDataFrame([row[:5] for row in ROWS], INPUT), [ABOVE])
    actual = with_levels(frame, LEVELS)
    assert actual.columns.count(ABOVE.statistic_column) == 1
    assert_same(spark, actual, [(row[0], *row[5:]) for row in ROWS], DDL)


def test_no_levels_change_nothing(spark: SparkSession) -> None:
    frame = spark.createDataFrame([("a",)], "k string")
    assert with_levels(frame, {}).columns == ["k"]
