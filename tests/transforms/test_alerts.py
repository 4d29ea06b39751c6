from __future__ import annotations

from pyspark.sql import SparkSession

from tests.frames import assert_same
from transforms.alerts import Alert, with_alerts
from transforms.rules import Condition

FALLING = Condition(column="speed", operator="in", value=("Declining", "Stagnant"))
ACTIVE = Condition(column="active", operator="=", value=1)
ALERTS = [
    Alert(
        name="falling",
        conditions=(Condition(column="delay", operator=">", value=30), FALLING),
        level="red",
        lowered_to="amber",
        lowered_when=(ACTIVE,),
    ),
    Alert(name="weak", conditions=(Condition(column="health", operator="<", value=60),), level="amber"),
    Alert(name="weak and falling", conditions=(FALLING,), level="red"),
]
INPUT = "k string, is_cohort boolean, delay int, speed string, active int, health double"
DDL = "k string, alert_rule string, alert string"

CASES = {
    "all conditions hold": ((True, 31, "Stagnant", 0, 70.0), "falling", "red"),
    "the threshold itself does not alert": ((True, 30, "Stable", 0, 60.0), None, None),
    "an active customer is lowered": ((True, 31, "Declining", 1, 70.0), "falling", "amber"),
    "an unknown flag lowers nothing": ((True, 31, "Declining", None, 70.0), "falling", "red"),
    "the first rule wins": ((True, 31, "Declining", 0, 10.0), "falling", "red"),
    "the first rule wins though it is lowered": ((True, 31, "Declining", 1, 10.0), "falling", "amber"),
    "the flag lowers its own rule only": ((True, 5, "Declining", 1, 70.0), "weak and falling", "red"),
    "the second rule": ((True, 31, "Stable", 0, 59.9), "weak", "amber"),
    "a missing value satisfies no condition": ((True, None, "Stable", 0, None), None, None),
    "a missing value leaves the other rules": ((True, None, "Declining", 0, 10.0), "weak", "amber"),
    "outside the cohort nobody is alerted": ((False, 31, "Declining", 0, 10.0), None, None),
}


def test_each_customer_has_the_first_rule_that_matches_and_its_level(spark: SparkSession) -> None:
    frame = spark.createDataFrame([(name, *values) for name, (values, _, _) in CASES.items()], INPUT)
    expected = [(name, rule, alert) for name, (_, rule, alert) in CASES.items()]
    assert_same(spark, with_alerts(frame, ALERTS), expected, DDL)


def test_a_rule_may_compare_with_a_statistic_of_the_population(spark: SparkSession) -> None:
    rows = [("a", True, 1, "s", 0, 40.0), ("b", True, 1, "s", 0, 80.0), ("c", False, 1, "s", 0, 90.0)]
    below = Condition(column="health", operator="<", statistic="mean")
    alerts = [Alert(name="below", conditions=(below,), level="amber")]
    actual = with_alerts(spark.createDataFrame(rows, INPUT), alerts)
    assert_same(spark, actual, [("a", "below", "amber"), ("b", None, None), ("c", None, None)], DDL)


def test_nobody_and_no_rules_are_fine(spark: SparkSession) -> None:
    empty = spark.createDataFrame([], INPUT)
    assert_same(spark, with_alerts(empty, ALERTS), [], DDL)
    assert with_alerts(empty, []).columns == empty.columns
