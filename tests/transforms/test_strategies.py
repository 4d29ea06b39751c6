from __future__ import annotations

from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from tests.frames import assert_close, assert_same
from transforms.strategies import stakes_by_segment, value_at_stake

INPUT = "is_cohort boolean, segment_name string, estimated_customer_ltv double, churn_probability double, health int"
ROWS = [
    (True, "stars", 100.0, 0.25, 60),
    (True, "stars", 80.0, None, 70),
    (True, "stars", None, 0.9, None),
    (True, "sleepers", -10.0, 0.5, None),
    (True, None, 1000.0, 1.0, 10),
    (False, "stars", 1000.0, 1.0, 10),
    (False, "others", 1000.0, 1.0, 10),
]


def test_value_at_stake_is_ltv_times_churn(spark: SparkSession) -> None:
    frame = spark.createDataFrame([(i, *row) for i, row in enumerate(ROWS)], "i int, " + INPUT)
    expected = [(i, v) for i, v in enumerate([25.0, 80.0, 0.0, -5.0, 1000.0, 1000.0, 1000.0])]
    assert_same(spark, frame.withColumn("stake", value_at_stake()), expected, "i int, stake double")


def test_stakes_and_kpis_are_taken_over_the_members_of_a_segment(spark: SparkSession) -> None:
    frame = spark.createDataFrame(ROWS, INPUT).filter("is_cohort")
    actual = stakes_by_segment(frame, F.col("segment_name"), ["health", "churn_probability"])
    expected = [("stars", 3, 105.0, 65.0, 0.575), ("sleepers", 1, -5.0, None, 0.5)]
    ddl = "segment string, n bigint, value_at_stake double, kpi__health double, kpi__churn_probability double"
    assert actual.columns == [part.split()[0] for part in ddl.split(", ")]
    assert_close(spark, actual, expected, ddl)


def test_without_members_there_are_no_segments(spark: SparkSession) -> None:
    frame = spark.createDataFrame([], INPUT)
    assert_same(spark, stakes_by_segment(frame, F.col("segment_name"), []), [], "segment string, n bigint")
