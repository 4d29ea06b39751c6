from __future__ import annotations

from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from tests.frames import assert_close, assert_same
from transforms.rules import Condition
from transforms.sensitivity import (
    cohort_means,
    joined_rows_per_key,
    naive_join,
    passing_rows_per_key,
    predicates_by_role,
)

SCORE = Condition(column="score", operator=">", statistic="mean")
DAYS = Condition(column="days", operator="between", value=(10, 20))
TIERED = Condition(column="ltv", operator=">", statistic="mean", within="tier")
SOURCES = {"score": "activity", "days": "funnel", "ltv": "funnel", "tier": "value"}


def test_predicates_are_split_by_table_unless_one_needs_two() -> None:
    assert predicates_by_role([SCORE, DAYS, SCORE], SOURCES) == {
        "activity": [SCORE, SCORE],
        "funnel": [DAYS],
    }
    assert predicates_by_role([SCORE, TIERED], SOURCES) is None
    assert predicates_by_role([TIERED], {**SOURCES, "ltv": "value"}) == {"value": [TIERED]}
    assert predicates_by_role([], SOURCES) == {}


ROWS = "customer_key string, score double"


def test_rows_that_pass_are_counted_per_key_against_the_mean_of_all_rows_with_a_key(
    spark: SparkSession,
) -> None:
    rows = [("a@x", 6.0), ("a@x", 2.0), ("a@x", 6.0), ("b@x", 2.0), ("c@x", None), (None, 99.0)]
    rows += [("c@x", float("nan")), (None, 99.0)]
    actual = passing_rows_per_key(spark.createDataFrame(rows, ROWS), [SCORE], with_rfm=False)
    assert actual.columns == ["customer_key", "rows", "statistic"]
    expected = [("a@x", 2, 4.0), ("b@x", 0, 4.0), ("c@x", 0, 4.0)]
    assert_same(spark, actual, expected, "customer_key string, rows bigint, statistic double")


def test_without_predicates_every_row_passes_and_rfm_is_summed_over_those_that_do(
    spark: SparkSession,
) -> None:
    ddl = "customer_key string, days int, recency_score int, frequency_score int, monetary_score int"
    rows = [("a", 10, 1, 2, None), ("a", 20, 3, None, None), ("a", 21, 5, 5, 5), ("b", 9, 4, 4, 4)]
    frame = spark.createDataFrame(rows, ddl)
    names = ("recency", "frequency", "monetary")
    out = "customer_key string, rows bigint, statistic double, " + ", ".join(
        f"{name}_score_sum bigint, {name}_score_count bigint" for name in names
    )
    filtered = [("a", 2, None, 4, 2, 2, 1, 0, 0), ("b", 0, None, 0, 0, 0, 0, 0, 0)]
    assert_same(spark, passing_rows_per_key(frame, [DAYS], with_rfm=True), filtered, out)
    everything = [("a", 3, None, 9, 3, 7, 2, 5, 1), ("b", 1, None, 4, 1, 4, 1, 4, 1)]
    assert_same(spark, passing_rows_per_key(frame, [], with_rfm=True), everything, out)


COUNTS = "customer_key string, rows bigint, statistic double"
RFM = ", recency_score_sum bigint, recency_score_count bigint, frequency_score_sum bigint, " + (
    "frequency_score_count bigint, monetary_score_sum bigint, monetary_score_count bigint"
)


def _joined(spark: SparkSession, **options):
    base = spark.createDataFrame([("a", 2, 4.0), ("b", 1, 4.0), ("c", 1, 4.0), ("d", 0, 4.0)], COUNTS)
    funnel = spark.createDataFrame([("a", 3, None), ("b", 0, None), ("d", 5, None), ("z", 9, None)], COUNTS)
    value = spark.createDataFrame(
        [("a", 2, 7.0, 6, 2, 5, 1, 0, 0), ("b", 1, 7.0, 1, 1, 1, 1, 1, 1), ("z", 1, 7.0, 9, 9, 9, 9, 9, 9)],
        COUNTS + RFM,
    )
    return joined_rows_per_key(base, {"funnel": funnel, "value": value}, **options)


def test_joined_rows_are_the_product_and_absence_means_one_row_unless_filtered(spark: SparkSession) -> None:
    actual = _joined(spark, filtered=["funnel"], rfm_role="value")
    expected = [
        # a: 2 x 3 x 2 rows; each value row is repeated 2 x 3 times
        ("a", 4.0, 12, 36, 12, 30, 6, 0, 0),
        ("b", 4.0, 0, 0, 0, 0, 0, 0, 0),
        ("c", 4.0, 0, 0, 0, 0, 0, 0, 0),
        ("d", 4.0, 0, 0, 0, 0, 0, 0, 0),
    ]
    ddl = "customer_key string, statistic double, joined_rows bigint" + RFM
    assert_same(spark, actual, expected, ddl)
    # unfiltered funnel: c is in no other table and keeps its one row; b's failing rows still multiply by 0
    kept = _joined(spark, filtered=[], rfm_role=None, statistic_role="value")
    assert kept.columns == ["customer_key", "statistic", "joined_rows"]
    expected_kept = [("a", 7.0, 12), ("b", 7.0, 0), ("c", None, 1), ("d", None, 0)]
    assert_same(spark, kept, expected_kept, "customer_key string, statistic double, joined_rows bigint")


NAIVE = (
    "population_mean double, joined_rows bigint, cohort_customers bigint, mean_recency double, "
    "mean_frequency double, mean_monetary double"
)


def test_the_naive_join_sums_over_keys(spark: SparkSession) -> None:
    ddl = "customer_key string, statistic double, joined_rows bigint" + RFM
    joined = spark.createDataFrame(
        [
            ("a", 4.0, 12, 36, 12, 30, 6, 0, 0),
            ("b", 4.0, 0, 0, 0, 0, 0, 0, 0),
            ("c", None, 4, 4, 4, 0, 0, 0, 0),
        ],
        ddl,
    )
    expected = [(4.0, 16, 2, 40 / 16, 5.0, None)]
    assert_close(spark, naive_join(joined, with_rfm=True), expected, NAIVE)
    assert_same(spark, naive_join(joined, with_rfm=False), [(4.0, 16, 2, None, None, None)], NAIVE)
    nothing = [(None, 0, 0, None, None, None)]
    assert_same(spark, naive_join(joined.limit(0), with_rfm=True), nothing, NAIVE)


def test_cohort_means_ignore_others_and_missing_scores(spark: SparkSession) -> None:
    ddl = "is_cohort boolean, recency_score int, frequency_score int, monetary_score int, threshold double"
    rows = [(True, 1, None, None, 2.5), (True, 4, 3, None, 2.5), (False, 5, 5, 5, 2.5)]
    frame = spark.createDataFrame(rows, ddl)
    out = NAIVE.replace("joined_rows bigint, ", "")
    actual = cohort_means(frame, F.col("is_cohort"), F.col("threshold"))
    assert_close(spark, actual, [(2.5, 2, 2.5, 3.0, None)], out)
    nobody = cohort_means(frame, F.lit(False), F.lit(None).cast("double"))
    assert_same(spark, nobody, [(None, 0, None, None, None)], out)
