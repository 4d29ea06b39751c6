from __future__ import annotations

from pyspark.sql import SparkSession

from tests.frames import assert_close, assert_same
from transforms.crosstabs import crosstab, health_by_category
from transforms.groups import study_groups

INPUT = (
    "is_cohort boolean, is_peer boolean, risk string, speed string, platforms int, "
    "customer_health_score double, estimated_customer_ltv double, segment string, churn_probability double"
)
ROWS = [
    (True, False, "Low", "Stable", 2, 60.0, 100.0, "champions", 0.25),
    (True, False, "Low", "Stable", 2, 80.0, None, "champions", 0.5),
    (True, False, "Low", None, None, None, 5.0, None, None),
    (False, True, "Low", "Stable", 1, 10.0, 50.0, "champions", 0.5),
    (False, False, None, "Stable", 1, 30.0, None, None, 1.0),
    (False, False, "low", "Stable", 3, 30.0, -7.0, None, 1.0),
]
CELL = (
    "group_name string, row_dimension string, row_value string, column_dimension string, "
    "column_value string, label string, n bigint, n_health bigint, mean_health double, "
    "stddev_health double, n_ltv bigint, mean_ltv double, stddev_ltv double, sum_ltv double, value_at_stake double"
)


def test_health_and_ltv_of_each_observed_cell(spark: SparkSession) -> None:
    frame = spark.createDataFrame(ROWS, INPUT)
    actual = crosstab(frame, study_groups(["cohort", "population"]), row="risk", column="speed", label="segment")
    assert actual.columns == [part.split()[0] for part in CELL.split(", ")]

    def cell(group, row, column, label, *numbers):
        return (group, "risk", row, "speed", column, label, *numbers)

    three = (60.0, 80.0, 10.0)
    spread = (sum((v - 50) ** 2 for v in three) / 2) ** 0.5
    expected = [
        cell("cohort", "Low", "Stable", "champions", 2, 2, 70.0, 200.0**0.5, 1, 100.0, None, 100.0, 25.0),
        cell("cohort", "Low", "(missing)", None, 1, 0, None, None, 1, 5.0, None, 5.0, 5.0),
        cell("population", "Low", "Stable", "champions", 3, 3, 50.0, spread, 2, 75.0, 1250.0**0.5, 150.0, 50.0),
        cell("population", "Low", "(missing)", None, 1, 0, None, None, 1, 5.0, None, 5.0, 5.0),
        cell("population", "(missing)", "Stable", None, 1, 1, 30.0, None, 0, None, None, 0.0, 0.0),
        cell("population", "low", "Stable", None, 1, 1, 30.0, None, 1, -7.0, None, -7.0, -7.0),
    ]
    assert_close(spark, actual, expected, CELL)


def test_without_a_column_the_rows_alone_make_the_cells(spark: SparkSession) -> None:
    frame = spark.createDataFrame(ROWS, INPUT)
    actual = crosstab(frame, study_groups(["cohort"]), row="platforms", no_value="unknown")
    expected = [
        ("cohort", "platforms", "2", None, None, None, 2, 100.0),
        ("cohort", "platforms", "unknown", None, None, None, 1, 5.0),
    ]
    ddl = (
        "group_name string, row_dimension string, row_value string, column_dimension string, "
        "column_value string, label string, n bigint, sum_ltv double"
    )
    assert_same(spark, actual, expected, ddl)


def test_nobody_has_no_cells(spark: SparkSession) -> None:
    empty = spark.createDataFrame([], INPUT)
    assert_same(spark, crosstab(empty, study_groups(["cohort", "population"]), row="risk", column="speed"), [], CELL)


def test_health_by_category_is_what_welch_needs(spark: SparkSession) -> None:
    frame = spark.createDataFrame(ROWS, INPUT)
    actual = health_by_category(frame, study_groups(["cohort", "population"]), ["risk", "platforms"])
    population_low = sum((v - 50) ** 2 for v in (60.0, 80.0, 10.0)) / 2
    expected = [
        ("cohort", "risk", "Low", 2, 70.0, 200.0),
        ("cohort", "platforms", "2", 2, 70.0, 200.0),
        ("cohort", "platforms", "(missing)", 0, None, None),
        ("population", "risk", "Low", 3, 50.0, population_low),
        ("population", "risk", "low", 1, 30.0, None),
        ("population", "risk", "(missing)", 1, 30.0, None),
        ("population", "platforms", "2", 2, 70.0, 200.0),
        ("population", "platforms", "1", 2, 20.0, 200.0),
        ("population", "platforms", "3", 1, 30.0, None),
        ("population", "platforms", "(missing)", 0, None, None),
    ]
    ddl = "group_name string, dimension string, value string, n bigint, mean double, variance double"
    assert actual.columns == [part.split()[0] for part in ddl.split(", ")]
    assert_close(spark, actual, expected, ddl)
