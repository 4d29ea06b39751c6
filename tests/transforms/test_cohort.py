from __future__ import annotations

from pyspark.sql import DataFrame, SparkSession

from tests.frames import assert_same
from transforms.cohort import attrition, with_cohort, without_cohort
from transforms.rules import Condition

DAYS = Condition(column="days", operator="between", value=(10, 20))
ABOVE_MEAN = Condition(column="score", operator=">", statistic="mean")
ABOVE_TIER = Condition(column="score", operator=">", statistic="mean", within="customer_tier")
# mean of score: 26 / 8 = 3.25
CUSTOMERS = [
    ("a", "gold", 10, 5.0, True, False),
    ("b", "gold", 20, 3.25, False, True),
    ("c", "gold", 9, 5.0, False, True),
    ("d", "gold", 21, 5.0, False, True),
    ("e", "gold", None, 5.0, False, True),
    ("f", "gold", 15, None, False, True),
    ("g", "tin", 15, 1.0, False, False),
    ("h", None, 15, 1.5, False, False),
    ("i", "tin", None, 0.25, False, False),
    ("j", "gold", None, None, False, True),
]


def _customers(spark: SparkSession) -> DataFrame:
    return spark.createDataFrame(
        [row[:4] for row in CUSTOMERS], "customer_key string, customer_tier string, days int, score double"
    )


MEMBERSHIP = "customer_key string, is_cohort boolean, is_peer boolean"


def test_members_meet_all_predicates_and_peers_share_a_tier_with_one(spark: SparkSession) -> None:
    actual = with_cohort(_customers(spark), [DAYS, ABOVE_MEAN])
    assert_same(spark, actual, [(row[0], *row[4:]) for row in CUSTOMERS], MEMBERSHIP)
    assert sorted(actual.columns) == sorted(
        ["customer_key", "customer_tier", "days", "score", "mean_of_score", "is_cohort", "is_peer"]
    )


def test_a_member_without_tier_has_no_peers(spark: SparkSession) -> None:
    frame = spark.createDataFrame(
        [("a", None, 15), ("b", None, 9), ("c", "gold", 9)],
        "customer_key string, customer_tier string, days int",
    )
    expected = [("a", True, False), ("b", False, False), ("c", False, False)]
    assert_same(spark, with_cohort(frame, [DAYS]), expected, MEMBERSHIP)


def test_an_empty_cohort_has_no_peers_and_no_customers_give_no_rows(spark: SparkSession) -> None:
    nobody = [Condition(column="days", operator=">", value=1000)]
    expected = [(row[0], False, False) for row in CUSTOMERS]
    assert_same(spark, with_cohort(_customers(spark), nobody), expected, MEMBERSHIP)
    assert_same(spark, with_cohort(_customers(spark).limit(0), [DAYS, ABOVE_MEAN]), [], MEMBERSHIP)


ATTRITION = "step int, n_remaining bigint, n_undecidable bigint, statistic_value double"


def test_attrition_counts_the_undecidable_among_those_left_only(spark: SparkSession) -> None:
    members = with_cohort(_customers(spark), [DAYS, ABOVE_MEAN])
    expected = [(0, 10, 0, None), (1, 5, 3, None), (2, 1, 1, 3.25)]
    assert_same(spark, attrition(members, [DAYS, ABOVE_MEAN]), expected, ATTRITION)
    # the other order: two scores are missing, then one of the three left has no days
    swapped = [(0, 10, 0, None), (1, 4, 2, 3.25), (2, 1, 1, None)]
    assert_same(spark, attrition(members, [ABOVE_MEAN, DAYS]), swapped, ATTRITION)


def test_attrition_shows_no_value_where_the_threshold_differs_by_tier(spark: SparkSession) -> None:
    members = with_cohort(_customers(spark), [ABOVE_TIER])
    # gold mean 4.65: a, c, d, e; tin mean 0.625: g; f and j have no score, h no tier
    expected = [(0, 10, 0, None), (1, 5, 3, None)]
    assert_same(spark, attrition(members, [ABOVE_TIER]), expected, ATTRITION)


def test_attrition_of_nobody(spark: SparkSession) -> None:
    members = with_cohort(_customers(spark).limit(0), [DAYS, ABOVE_MEAN])
    expected = [(0, 0, 0, None), (1, 0, 0, None), (2, 0, 0, None)]
    assert_same(spark, attrition(members, [DAYS, ABOVE_MEAN]), expected, ATTRITION)


def test_without_a_cohort_nobody_is_a_member_or_a_peer(spark: SparkSession) -> None:
    customers = without_cohort(_customers(spark))
    assert_same(spark, customers, [(row[0], False, False) for row in CUSTOMERS], MEMBERSHIP)
    assert_same(spark, attrition(customers, []), [(0, 10, 0, None)], ATTRITION)
