from __future__ import annotations

from pyspark.sql import SparkSession

from tests.frames import assert_close, assert_same
from transforms.groups import with_groups
from transforms.rules import Condition, Rule
from transforms.segments import (
    RfmWeights,
    age_band,
    ltv_by_segment,
    rfm_mean,
    rfm_mean_differs,
    segment_groups,
    weighted_rfm,
    with_segments,
)

GOLD = Rule(name="gold", conditions=(Condition(column="customer_tier", operator="=", value="Gold"),))
RICH = Rule(name="rich", conditions=(Condition(column="estimated_customer_ltv", operator=">", statistic="mean"),))
INPUT = "customer_key string, customer_tier string, estimated_customer_ltv double"
# mean LTV: 220 / 4 = 55
CUSTOMERS = [
    ("a", "Gold", 100.0),
    ("b", "Tin", 100.0),
    ("c", "Tin", 10.0),
    ("d", None, None),
    ("e", "Gold", 10.0),
]


def test_the_first_rule_that_matches_wins_and_the_rest_is_the_remainder(spark: SparkSession) -> None:
    frame = spark.createDataFrame(CUSTOMERS, INPUT)
    expected = [("a", "gold"), ("b", "rich"), ("c", "others"), ("d", "others"), ("e", "gold")]
    assert_same(spark, with_segments(frame, [GOLD, RICH], "others"), expected, "customer_key string, segment string")
    expected = [("a", "rich"), ("b", "rich"), ("c", "others"), ("d", "others"), ("e", "gold")]
    assert_same(spark, with_segments(frame, [RICH, GOLD], "others"), expected, "customer_key string, segment string")


def test_nobody_has_no_segment(spark: SparkSession) -> None:
    empty = with_segments(spark.createDataFrame([], INPUT), [GOLD, RICH], "others")
    assert_same(spark, empty, [], "customer_key string, segment string")
    assert_same(spark, ltv_by_segment(empty), [], "segment string, n bigint, n_ltv bigint, sum_ltv double")


def test_everybody_outside_a_segment_is_a_group_of_its_own(spark: SparkSession) -> None:
    customers = with_segments(spark.createDataFrame(CUSTOMERS, INPUT), [GOLD, RICH], "others")
    groups = segment_groups(["gold", "rich", "others"], ["gold"])
    assert list(groups) == ["gold", "rich", "others", "not_gold", "population"]
    expected = [("gold", "a"), ("gold", "e"), ("rich", "b"), ("others", "c"), ("others", "d")]
    expected += [("not_gold", key) for key in "bcd"] + [("population", key) for key in "abcde"]
    actual = with_groups(customers, groups, ["customer_key"])
    assert_same(spark, actual, expected, "group_name string, customer_key string")


def test_ltv_is_added_up_by_segment(spark: SparkSession) -> None:
    customers = with_segments(spark.createDataFrame(CUSTOMERS, INPUT), [GOLD], "others")
    rows = [("gold", 2, 2, 110.0), ("others", 3, 2, 110.0)]
    assert_same(spark, ltv_by_segment(customers), rows, "segment string, n bigint, n_ltv bigint, sum_ltv double")
    nothing = ltv_by_segment(customers.filter("estimated_customer_ltv is null"))
    assert_same(spark, nothing, [("others", 1, 0, 0.0)], "segment string, n bigint, n_ltv bigint, sum_ltv double")


SCORES = "customer_key string, recency_score int, frequency_score int, monetary_score int, rfm_avg_score double"
SCORED = [
    ("even", 3, 3, 3, 3.0),
    ("uneven", 5, 1, 2, 2.67),
    ("rounded down", 1, 1, 2, 1.33),
    ("off", 5, 5, 5, 4.99),
    ("no score", 5, None, 5, 3.0),
    ("no average", 5, 5, 5, None),
]


def test_mean_and_weighted_score_need_all_three(spark: SparkSession) -> None:
    frame = spark.createDataFrame(SCORED, SCORES)
    weighted = weighted_rfm(RfmWeights(recency=0.5, frequency=0.25, monetary=0.25))
    actual = frame.select("customer_key", rfm_mean().alias("mean"), weighted.alias("weighted"))
    expected = [
        ("even", 3.0, 3.0),
        ("uneven", 8 / 3, 3.25),
        ("rounded down", 4 / 3, 1.25),
        ("off", 5.0, 5.0),
        ("no score", None, None),
        ("no average", 5.0, 5.0),
    ]
    assert_close(spark, actual, expected, "customer_key string, mean double, weighted double", precision=1e-15)


def test_means_that_differ_from_the_tables_average_by_more_than_rounding_are_counted(spark: SparkSession) -> None:
    frame = spark.createDataFrame(SCORED, SCORES)
    assert_same(spark, rfm_mean_differs(frame), [(1,)], "n bigint")
    assert_same(spark, rfm_mean_differs(frame.limit(0)), [(0,)], "n bigint")


def test_the_last_day_of_a_band_belongs_to_it(spark: SparkSession) -> None:
    days = {
        -5: "<=180", 0: "<=180", 180: "<=180", 181: "181-365", 365: "181-365",
        366: "366-730", 730: "366-730", 731: ">730", None: None,
    }  # fmt: skip
    frame = spark.createDataFrame([(day,) for day in days], "account_age_days int")
    actual = frame.withColumn("band", age_band([180, 365, 730]))
    assert_same(spark, actual, list(days.items()), "account_age_days int, band string")
    two = frame.withColumn("band", age_band([365]))
    expected = [(day, None if day is None else "<=365" if day <= 365 else ">365") for day in days]
    assert_same(spark, two, expected, "account_age_days int, band string")
