"""What the inputs look like: one pass per table, counts only."""

from __future__ import annotations

from collections.abc import Sequence

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from transforms import columns as c
from transforms.missing import is_not_finite


def check_rows(
    rows: DataFrame, doubles: Sequence[str], flags: Sequence[str] = (), newest: str | None = None
) -> DataFrame:
    """Count rows, keys and unusable numbers of one table.

    In: keyed rows. Out: one row: n_rows, rows_without_key, n_keys, keys_non_ascii,
    max_rows_per_key, `not_finite__<column>` for each double column named, and for each boolean column named
    in `flags` how often it is true; and, where the timestamp column `newest` is given, `newest` (its greatest value in
    microseconds since 1970 UTC, null without any).
    """
    newest_of = [F.max(F.unix_micros(newest)).alias("newest")] if newest else []
    newest_of_all = [F.max("newest").alias("newest")] if newest else []
    per_key = rows.groupBy(c.CUSTOMER_KEY).agg(
        F.count(F.lit(1)).alias("rows"),
        F.max(F.col(c.IS_NON_ASCII).cast("int")).alias("non_ascii"),
        *(F.count_if(is_not_finite(F.col(name))).alias(f"not_finite__{name}") for name in doubles),
        *(F.count_if(F.col(name)).alias(name) for name in flags),
        *newest_of,
    )
    has_key = F.col(c.CUSTOMER_KEY).isNotNull()
    return per_key.agg(
        F.coalesce(F.sum("rows"), F.lit(0)).alias("n_rows"),
        F.coalesce(F.sum(F.when(~has_key, F.col("rows"))), F.lit(0)).alias("rows_without_key"),
        F.count_if(has_key).alias("n_keys"),
        F.count_if(has_key & (F.col("non_ascii") == 1)).alias("keys_non_ascii"),
        F.coalesce(F.max(F.when(has_key, F.col("rows"))), F.lit(0)).alias("max_rows_per_key"),
        *(F.coalesce(F.sum(name), F.lit(0)).alias(name) for name in (*(f"not_finite__{n}" for n in doubles), *flags)),
        *newest_of_all,
    )
