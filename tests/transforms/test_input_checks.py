from __future__ import annotations

import math

from pyspark.sql import SparkSession

from tests.frames import assert_same
from transforms.input_checks import check_rows

INPUT = "customer_key string, is_non_ascii boolean, score double, ltv double, lost boolean"
DDL = (
    "n_rows bigint, rows_without_key bigint, n_keys bigint, keys_non_ascii bigint, max_rows_per_key bigint, "
    "not_finite__score bigint, not_finite__ltv bigint, lost bigint"
)


def test_rows_keys_and_unusable_numbers_are_counted(spark: SparkSession) -> None:
    rows = [
        ("ann", False, math.nan, 1.0, True),
        ("ann", False, math.inf, None, False),
        ("ann", False, -math.inf, 1.0, True),
        ("wang", True, 1.0, math.nan, False),
        ("bob", False, None, 1.0, None),
        (None, None, math.nan, 1.0, True),
        (None, None, 1.0, 1.0, False),
        (None, None, 1.0, 1.0, False),
        (None, None, 1.0, 1.0, False),
    ]
    actual = check_rows(spark.createDataFrame(rows, INPUT), ["score", "ltv"], ["lost"])
    assert actual.columns == [part.split()[0] for part in DDL.split(", ")]
    # four rows without key are more than any key has: they are nobody's maximum
    assert_same(spark, actual, [(9, 4, 3, 1, 3, 4, 1, 3)], DDL)


def test_an_empty_table_counts_zero_everywhere(spark: SparkSession) -> None:
    actual = check_rows(spark.createDataFrame([], INPUT), ["score", "ltv"], ["lost"])
    assert_same(spark, actual, [(0, 0, 0, 0, 0, 0, 0, 0)], DDL)
