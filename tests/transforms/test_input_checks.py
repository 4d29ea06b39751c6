from __future__ import annotations

import math

from pyspark.sql import SparkSession

from tests.frames import assert_same
from transforms.input_checks import check_rows

INPUT = "primary_email string, score double, ltv double"
DDL = (
    "n_rows bigint, rows_without_key bigint, n_keys bigint, keys_non_ascii bigint, max_rows_per_key bigint, "
    "not_finite__score bigint, not_finite__ltv bigint"
)


def test_rows_keys_and_unusable_numbers_are_counted(spark: SparkSession) -> None:
    rows = [
        ("ann@x", math.nan, 1.0),
        ("ANN@x ", math.inf, None),
        ("ann@x", -math.inf, 1.0),
        ("\u738b@x", 1.0, math.nan),
        ("bob@x", None, 1.0),
        (None, math.nan, 1.0),
        ("  ", 1.0, 1.0),
        ("", 1.0, 1.0),
        (None, 1.0, 1.0),
    ]
    actual = check_rows(spark.createDataFrame(rows, INPUT), ["score", "ltv"])
    assert actual.columns == [part.split()[0] for part in DDL.split(", ")]
    # four rows without key are more than any key has: they are nobody's maximum
    assert_same(spark, actual, [(9, 4, 3, 1, 3, 4, 1)], DDL)


def test_an_empty_table_counts_zero_everywhere(spark: SparkSession) -> None:
    actual = check_rows(spark.createDataFrame([], INPUT), ["score", "ltv"])
    assert_same(spark, actual, [(0, 0, 0, 0, 0, 0, 0)], DDL)
