"""Compare a frame with literal rows. chispa works on both engines as it is; this only spares the repetition."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from chispa import assert_approx_df_equality, assert_df_equality
from pyspark.sql import DataFrame, SparkSession

Rows = Sequence[tuple[Any, ...]]


def assert_same(spark: SparkSession, actual: DataFrame, rows: Rows, ddl: str) -> None:
    """Compare the columns named in `ddl`: values and types; a join may have moved the columns."""
    expected = spark.createDataFrame(list(rows), ddl)
    assert_df_equality(
        actual.select(*expected.columns),
        expected,
        ignore_row_order=True,
        ignore_nullable=True,
        allow_nan_equality=True,
    )


def assert_close(spark: SparkSession, actual: DataFrame, rows: Rows, ddl: str, *, precision: float = 1e-9) -> None:
    """As `assert_same`, doubles within `precision`."""
    expected = spark.createDataFrame(list(rows), ddl)
    assert_approx_df_equality(
        actual.select(*expected.columns), expected, precision, ignore_row_order=True, ignore_nullable=True
    )
