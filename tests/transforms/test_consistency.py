from __future__ import annotations

import pytest
from pyspark.sql import SparkSession

from tests.frames import assert_close, assert_same
from transforms.consistency import (
    HealthWeights,
    activity_efficiency_proxy,
    imbalance_bin,
    inactivity_ratio,
    ltv_velocity_monthly,
    monetary_imbalance,
    rfm_consistency,
    rfm_variance,
    with_health_index,
)

SCORES = "customer_key string, recency_score int, frequency_score int, monetary_score int"


def test_consistency_is_one_where_the_scores_are_equal_and_falls_with_their_variance(spark: SparkSession) -> None:
    rows = [("even", 4, 4, 4), ("uneven", 1, 5, 3), ("most", 1, 1, 5), ("no score", 4, None, 4)]
    frame = spark.createDataFrame(rows, SCORES)
    actual = frame.select("customer_key", rfm_variance().alias("variance"), rfm_consistency().alias("consistency"))
    # divided by 3, not by 2: (4 + 4 + 0) / 3 and (16/9 + 16/9 + 64/9) / 3
    expected = [
        ("even", 0.0, 1.0),
        ("uneven", 8 / 3, 3 / 11),
        ("most", 32 / 9, 9 / 41),
        ("no score", None, None),
    ]
    assert_close(spark, actual, expected, "customer_key string, variance double, consistency double", precision=1e-15)
    even = actual.filter("customer_key = 'even'")
    assert_same(spark, even, expected[:1], "customer_key string, variance double, consistency double")


def test_a_monetary_imbalance_on_a_bound_is_in_the_lower_bin(spark: SparkSession) -> None:
    rows = [
        ("below", 5, 5, 1, -4.0, "<=0"),
        ("on zero", 4, 2, 3, 0.0, "<=0"),
        ("on the half", 3, 2, 3, 0.5, "0-0.5"),
        ("above", 2, 2, 3, 1.0, ">0.5"),
        ("no score", None, 2, 3, None, None),
    ]
    frame = spark.createDataFrame([row[:4] for row in rows], SCORES)
    actual = frame.withColumns({"imbalance": monetary_imbalance(), "bin": imbalance_bin([0, 0.5])})
    expected = [(row[0], *row[4:]) for row in rows]
    assert_same(spark, actual, expected, "customer_key string, imbalance double, bin string")


def test_an_account_without_a_positive_age_has_no_rates(spark: SparkSession) -> None:
    rows = [
        ("old", 1000.0, 3044, 761, 10.0, 0.25, 0.75),
        ("new", 1000.0, 0, 0, None, None, None),
        ("negative", 1000.0, -30, 5, None, None, None),
        ("unknown", 1000.0, None, 5, None, None, None),
        ("no value", None, 100, None, None, None, None),
        ("longer than its life", -50.0, 100, 150, -15.22, 1.5, -0.5),
    ]
    ddl = "customer_key string, estimated_customer_ltv double, account_age_days int, days_since_last_activity int"
    actual = spark.createDataFrame([row[:4] for row in rows], ddl).select(
        "customer_key",
        ltv_velocity_monthly().alias("velocity"),
        inactivity_ratio().alias("inactive"),
        activity_efficiency_proxy().alias("efficiency"),
    )
    expected = [(row[0], *row[4:]) for row in rows]
    assert_close(
        spark,
        actual,
        expected,
        "customer_key string, velocity double, inactive double, efficiency double",
        precision=1e-12,
    )


HEALTH = "customer_key string, customer_health_score double, churn_probability double, estimated_customer_ltv double"
WEIGHTS = HealthWeights(health=0.5, retention=0.3, ltv=0.2, ltv_cap=10_000)


def test_the_health_index_takes_health_over_its_range_and_ltv_up_to_the_cap(spark: SparkSession) -> None:
    rows = [
        ("best", 3.5, 0.0, 20_000.0, 1.0),
        ("worst", 1.5, 1.0, 0.0, 0.0),
        ("middle", 2.0, 0.5, 5_000.0, 0.125 + 0.15 + 0.1),
        ("in debt", 2.0, 0.5, -5_000.0, 0.125 + 0.15 - 0.1),
        ("no health", None, 0.5, 5_000.0, None),
        ("no churn", 2.0, None, 5_000.0, None),
        ("no value", 2.0, 0.5, None, None),
    ]
    frame = spark.createDataFrame([row[:4] for row in rows], HEALTH)
    actual = with_health_index(frame, WEIGHTS)
    assert actual.columns == [*frame.columns, "health_index"]
    expected = [(row[0], row[4]) for row in rows]
    assert_close(spark, actual, expected, "customer_key string, health_index double", precision=1e-12)


@pytest.mark.parametrize("health", [70.0, 0.0])
def test_a_health_that_is_the_same_for_all_adds_nothing(spark: SparkSession, health: float) -> None:
    frame = spark.createDataFrame(
        [("a", health, 0.0, 10_000.0), ("b", health, 1.0, 0.0), ("c", None, 0.0, 1.0)], HEALTH
    )
    expected = [("a", 0.5), ("b", 0.0), ("c", None)]
    assert_close(spark, with_health_index(frame, WEIGHTS), expected, "customer_key string, health_index double")


def test_nobody_has_no_health_index(spark: SparkSession) -> None:
    empty = with_health_index(spark.createDataFrame([], HEALTH), WEIGHTS)
    assert_same(spark, empty, [], "customer_key string, health_index double")
    nothing_known = spark.createDataFrame([("a", None, None, None)], HEALTH)
    actual = with_health_index(nothing_known, WEIGHTS)
    assert_same(spark, actual, [("a", None)], "customer_key string, health_index double")
