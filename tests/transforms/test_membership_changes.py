from __future__ import annotations

import pytest
from pyspark.sql import SparkSession

from tests.frames import assert_same
from transforms.membership_changes import membership_changes

INPUT = "customer_key string, customer_tier string"
OUTPUT = "entered bigint, left bigint"


@pytest.mark.parametrize(
    ("before", "after", "entered", "left"),
    [
        ("abc", "bcde", 2, 1),
        ("abc", "abc", 0, 0),
        ("", "ab", 2, 0),
        ("ab", "", 0, 2),
        ("", "", 0, 0),
        ("aab", "abcc", 1, 0),
    ],
)
def test_members_on_one_side_only_entered_or_left(
    spark: SparkSession, before: str, after: str, entered: int, left: int
) -> None:
    frames = [spark.createDataFrame([(key, "gold") for key in keys], INPUT) for keys in (before, after)]
    assert_same(spark, membership_changes(*frames), [(entered, left)], OUTPUT)


def test_only_the_key_decides_whatever_else_is_said_of_a_member(spark: SparkSession) -> None:
    before = spark.createDataFrame([("a", "gold"), ("b", None)], INPUT)
    after = spark.createDataFrame([("a", "silver"), ("b", "gold")], INPUT)
    assert_same(spark, membership_changes(before, after), [(0, 0)], OUTPUT)
