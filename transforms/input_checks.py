"""What the inputs look like: one pass per table, counts only."""

from __future__ import annotations

from collections.abc import Sequence

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from transforms import columns as c
from transforms.keys import is_non_ascii, with_customer_key
from transforms.missing import is_not_finite


def check_rows(rows: DataFrame, doubles: Sequence[str]) -> DataFrame:
    """Count rows, keys and unusable numbers of one table.

    In: table rows as read. Out: one row: n_rows, rows_without_key, n_keys, keys_non_ascii,
    max_rows_per_key, and `not_finite__<column>` for each double column named.
    """
    keyed = with_customer_key(rows)
    per_key = keyed.groupBy(c.CUSTOMER_KEY).agg(
        F.count(F.lit(1)).alias("rows"),
        *(F.count_if(is_not_finite(F.col(name))).alias(f"not_finite__{name}") for name in doubles),
    )
    has_key = F.col(c.CUSTOMER_KEY).isNotNull()
    return per_key.agg(
        F.coalesce(F.sum("rows"), F.lit(0)).alias("n_rows"),
        F.coalesce(F.sum(F.when(~has_key, F.col("rows"))), F.lit(0)).alias("rows_without_key"),
        F.count_if(has_key).alias("n_keys"),
        F.count_if(has_key & is_non_ascii(F.col(c.CUSTOMER_KEY))).alias("keys_non_ascii"),
        F.coalesce(F.max(F.when(has_key, F.col("rows"))), F.lit(0)).alias("max_rows_per_key"),
        *(F.coalesce(F.sum(f"not_finite__{name}"), F.lit(0)).alias(f"not_finite__{name}") for name in doubles),
    )
