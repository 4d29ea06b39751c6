from __future__ import annotations

from pyspark.sql import SparkSession

from tests.frames import assert_close, assert_same
from transforms.peers import cohort_members, tier_statistics

ROWS = [
    # key, tier, ltv, is_cohort
    ("a", "gold", 10.0, True),
    ("b", "gold", 30.0, True),
    ("c", "gold", None, True),
    ("d", "gold", 8.0, False),
    ("e", "gold", 4.0, False),
    ("f", "gold", None, False),
    ("g", "only members", 5.0, True),
    ("h", "only others", 6.0, False),
    ("i", "no ltv", None, True),
    ("j", "no ltv", None, False),
    ("k", None, 100.0, True),
    ("l", None, 200.0, False),
]
INPUT = (
    "customer_key string, customer_tier string, estimated_customer_ltv double, is_cohort boolean, "
    "ltv_percent_rank double, ltv_zscore double, ltv_decile bigint, level string"
)


def _customers(spark: SparkSession):
    return spark.createDataFrame([(*row, 0.5, -1.0, 3, "high") for row in ROWS], INPUT)


def test_each_tier_has_cohort_peers_and_baseline(spark: SparkSession) -> None:
    baseline = (10.0, 30.0, 8.0, 4.0)
    spread = (sum((v - 13) ** 2 for v in baseline) / 3) ** 0.5
    expected = [
        ("gold", 3, 2, 20.0, 200.0**0.5, 2, 6.0, 8.0**0.5, 4, 13.0, spread),
        ("only members", 1, 1, 5.0, None, 0, None, None, 1, 5.0, None),
        ("only others", 0, 0, None, None, 1, 6.0, None, 1, 6.0, None),
        ("no ltv", 1, 0, None, None, 0, None, None, 0, None, None),
    ]
    ddl = "customer_tier string, n_members bigint, " + ", ".join(
        f"{name}_n bigint, {name}_mean double, {name}_stddev double" for name in ("cohort", "peers", "baseline")
    )
    actual = tier_statistics(_customers(spark))
    assert actual.columns == [part.split()[0] for part in ddl.split(", ")]
    assert_close(spark, actual, expected, ddl)


MEMBER = (
    "customer_key string, customer_tier string, estimated_customer_ltv double, peer_mean_ltv double, "
    "ltv_difference double, ltv_percent_rank double, ltv_zscore double, ltv_decile int, level string"
)


def test_each_member_stands_beside_the_mean_of_the_tiers_other_customers(spark: SparkSession) -> None:
    rank = (0.5, -1.0, 3, "high")
    expected = [
        ("a", "gold", 10.0, 6.0, 4.0, *rank),
        ("b", "gold", 30.0, 6.0, 24.0, *rank),
        ("c", "gold", None, 6.0, None, *rank),
        ("g", "only members", 5.0, None, None, *rank),
        ("i", "no ltv", None, None, None, *rank),
        ("k", None, 100.0, None, None, *rank),
    ]
    actual = cohort_members(_customers(spark), optional=("level",))
    assert actual.columns == [part.split()[0] for part in MEMBER.split(", ")]
    assert_same(spark, actual, expected, MEMBER)


def test_an_empty_cohort_has_no_members(spark: SparkSession) -> None:
    others = _customers(spark).filter("not is_cohort")
    assert_same(spark, cohort_members(others), [], MEMBER.removesuffix(", level string"))
