from __future__ import annotations

from pyspark.sql import SparkSession

from tests.frames import assert_close, assert_same
from transforms.groups import study_groups
from transforms.measures import bound, describe, trimmed_means

DDL = (
    "group_name string, measure string, n bigint, n_missing bigint, mean double, stddev double, "
    "p10 double, p25 double, median double, p75 double, p90 double"
)
GROUPS = ("cohort", "peers", "population")
INPUT = "is_cohort boolean, is_peer boolean, a int, b double"


def test_each_measure_in_each_group(spark: SparkSession) -> None:
    rows = [(True, False, n, 2.0) for n in (10, 20, 30, 40, 100)]
    rows += [(True, False, None, 2.0), (False, True, 7, None), (False, False, None, 6.0)]
    frame = spark.createDataFrame(rows, INPUT)
    actual = describe(frame, study_groups(GROUPS), ["a", "b"])
    assert actual.columns == [part.split()[0] for part in DDL.split(", ")]
    # population of a: 7, 10, 20, 30, 40, 100
    s_population = (sum((v - 34.5) ** 2 for v in (7, 10, 20, 30, 40, 100)) / 5) ** 0.5
    expected = [
        ("cohort", "a", 5, 1, 40.0, 1250.0**0.5, 14.0, 20.0, 30.0, 40.0, 76.0),
        ("cohort", "b", 6, 0, 2.0, 0.0, 2.0, 2.0, 2.0, 2.0, 2.0),
        ("peers", "a", 1, 0, 7.0, None, 7.0, 7.0, 7.0, 7.0, 7.0),
        ("peers", "b", 0, 1, None, None, None, None, None, None, None),
        ("population", "a", 6, 2, 34.5, s_population, 8.5, 12.5, 25.0, 37.5, 70.0),
        ("population", "b", 7, 1, 18 / 7, (96 / 7 / 6) ** 0.5, 2.0, 2.0, 2.0, 2.0, 3.6),
    ]
    assert_close(spark, actual, expected, DDL)


def test_the_trimmed_mean_keeps_values_on_both_bounds_of_its_own_group(spark: SparkSession) -> None:
    # of 0..10 P10 = 1 and P90 = 9 are values themselves and stay
    rows = [(True, False, n, float(n**2)) for n in range(11)] + [(False, True, 100, 7.0), (False, True, None, None)]
    names = [bound(measure, percentile) for measure in ("a", "b") for percentile in ("p10", "p90")]
    known = [("cohort", 1.0, 9.0, 1.0, 81.0), ("peers", 100.0, 100.0, None, None)]
    bounds = spark.createDataFrame(known, ", ".join(["group_name string", *(f"{name} double" for name in names)]))
    frame = spark.createDataFrame(rows, INPUT)
    actual = trimmed_means(frame, study_groups(["cohort", "peers"]), ["a", "b"], bounds)
    squares = sum(n**2 for n in range(1, 10)) / 9
    expected = [("cohort", "a", 5.0), ("cohort", "b", squares), ("peers", "a", 100.0), ("peers", "b", None)]
    assert_close(spark, actual, expected, "group_name string, measure string, trimmed_mean double")


def test_a_group_nobody_is_in_has_no_row(spark: SparkSession) -> None:
    frame = spark.createDataFrame([(False, False, 1, 1.0)], INPUT)
    actual = describe(frame, study_groups(GROUPS), ["a"])
    assert_same(spark, actual, [("population", 1)], "group_name string, n bigint")
    assert_same(spark, describe(frame.limit(0), study_groups(GROUPS), ["a"]), [], "group_name string, n bigint")


def test_approximate_percentiles_are_values_of_the_column_and_the_rest_stays_exact(
    spark: SparkSession,
) -> None:
    rows = [(True, False, n, None) for n in range(1, 102)]
    actual = describe(spark.createDataFrame(rows, INPUT), study_groups(["cohort"]), ["a"], exact=False)
    # 1..101: exact percentiles are 11, 26, 51, 76, 91; an approximation may miss by one value here
    expected = [("cohort", "a", 101, 0, 51.0, (sum((n - 51) ** 2 for n in range(1, 102)) / 100) ** 0.5)]
    ddl = "group_name string, measure string, n bigint, n_missing bigint, mean double, stddev double"
    assert_close(spark, actual, expected, ddl)
    row = actual.first()
    found = [row[name] for name in ("p10", "p25", "median", "p75", "p90")]
    for value, exact in zip(found, (11.0, 26.0, 51.0, 76.0, 91.0), strict=True):
        assert abs(value - exact) <= 1
