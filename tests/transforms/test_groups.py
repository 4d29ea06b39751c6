from __future__ import annotations

from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from tests.frames import assert_same
from transforms.groups import study_groups, with_groups

INPUT = "customer_key string, is_cohort boolean, is_peer boolean"
ROWS = [("a", True, False), ("b", False, True), ("c", False, False)]


def test_groups_overlap_and_everybody_is_in_the_population(spark: SparkSession) -> None:
    frame = spark.createDataFrame(ROWS, INPUT)
    actual = with_groups(frame, study_groups(["cohort", "peers", "population"]), ["customer_key"])
    assert actual.columns == ["group_name", "customer_key"]
    expected = [("cohort", "a"), ("peers", "b"), *(("population", key) for key in "abc")]
    assert_same(spark, actual, expected, "group_name string, customer_key string")


def test_a_customer_of_no_group_has_no_row_and_columns_are_kept_as_asked(spark: SparkSession) -> None:
    frame = spark.createDataFrame(ROWS, INPUT)
    loud = with_groups(frame, study_groups(["peers"]), [F.upper("customer_key").alias("key"), F.lit(1).alias("n")])
    assert_same(spark, loud, [("peers", "B", 1)], "group_name string, key string, n int")
    assert_same(spark, with_groups(frame.limit(0), study_groups(["peers"]), []), [], "group_name string")
