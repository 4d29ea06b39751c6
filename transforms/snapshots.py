"""One row per customer out of many snapshots and duplicates."""

from __future__ import annotations

from collections.abc import Sequence

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T
from pyspark.sql.window import Window as W

from transforms import columns as c

_RANK = "_snapshot_rank"


def latest_snapshot(rows: DataFrame, timestamp: str) -> DataFrame:
    """Keep each customer's newest row.

    In: table rows with `customer_key`. Out: one row per non-null key.
    Newest `timestamp`, nulls last; ties by every other column in schema order, descending, nulls
    last, NaN largest, so that the choice never depends on file layout or row order.
    """
    return _one_row_per_key(rows, F.col(timestamp).desc_nulls_last(), timestamp)


def first_snapshot(rows: DataFrame, timestamp: str) -> DataFrame:
    """Keep each customer's oldest row; nulls last, ties as for `latest_snapshot`."""
    return _one_row_per_key(rows, F.col(timestamp).asc_nulls_last(), timestamp)


def total_order(schema: T.StructType, skipped: Sequence[str]) -> list[Column]:
    """Return the tie-break: all orderable columns but `skipped`, schema order, descending, nulls last."""
    return [
        F.col(f"`{field.name}`").desc_nulls_last()
        for field in schema.fields
        if field.name not in skipped and not isinstance(field.dataType, T.MapType | T.VariantType)
    ]


def _one_row_per_key(rows: DataFrame, by_time: Column, timestamp: str) -> DataFrame:
    order = [by_time, *total_order(rows.schema, (timestamp, c.CUSTOMER_KEY))]
    per_key = W.partitionBy(c.CUSTOMER_KEY).orderBy(*order)
    return (
        rows.filter(F.col(c.CUSTOMER_KEY).isNotNull())
        .withColumn(_RANK, F.row_number().over(per_key))
        .filter(F.col(_RANK) == 1)
        .drop(_RANK)
    )
