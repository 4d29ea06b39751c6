"""Which of a customer's many snapshots and duplicates count: the newest and the oldest one."""

from __future__ import annotations

from collections.abc import Sequence

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T
from pyspark.sql.window import Window as W

from transforms import columns as c

_RANK = "_snapshot_rank"
_OLDEST = "_oldest"
_ROWS = "_rows"
_NOBODYS = "_nobodys"


def with_snapshot_flags(rows: DataFrame, timestamp: str, *, repeated_apart: bool = False) -> DataFrame:
    """Mark each customer's newest and oldest row.

    In: table rows with `customer_key`. Out: the same rows with `is_latest_snapshot` and `is_first_snapshot`;
    one true of each per non-null key, none for rows without a key.
    Newest: greatest `timestamp`, nulls last; oldest: smallest, nulls last. Ties of both by every other column in
    schema order, descending, nulls last, NaN largest, so that the choice never depends on file layout or row
    order. `repeated_apart` looks first for the keys that are there more than once and sorts only their rows: the same
    flags, for engines on which joins are cheap and sorts of wide rows are not. Source: definitions.md, "Rows, keys,
    snapshots".
    """
    if not repeated_apart:
        return _with_flags(rows, timestamp)
    repeated = (
        rows.groupBy(c.CUSTOMER_KEY)
        .agg(F.count(F.lit(1)).alias(_ROWS))
        .filter(F.col(c.CUSTOMER_KEY).isNotNull() & (F.col(_ROWS) > 1))
        .select(c.CUSTOMER_KEY)
    )
    has_key = F.col(c.CUSTOMER_KEY).isNotNull()
    # a customer's only row is both
    only = rows.join(repeated, on=c.CUSTOMER_KEY, how="left_anti").withColumns(
        {c.IS_LATEST: has_key, c.IS_FIRST: has_key}
    )
    others = _with_flags(rows.join(repeated, on=c.CUSTOMER_KEY, how="left_semi"), timestamp)
    # a join brings its column to the front
    kept = [*(f"`{name}`" for name in rows.columns), c.IS_LATEST, c.IS_FIRST]
    return only.select(*kept).unionByName(others.select(*kept))


def _with_flags(rows: DataFrame, timestamp: str) -> DataFrame:
    per_key = W.partitionBy(c.CUSTOMER_KEY, _NOBODYS)
    newest_first = [F.col(timestamp).desc_nulls_last(), *total_order(rows.schema, (timestamp, c.CUSTOMER_KEY))]
    has_key = F.col(c.CUSTOMER_KEY).isNotNull()
    # rows of the oldest time keep their order among themselves: the second sort is spared
    is_oldest = F.col(timestamp).eqNullSafe(F.col(_OLDEST))
    return (
        rows.withColumn(_NOBODYS, without_key(rows, c.CUSTOMER_KEY))
        .withColumns(
            {_RANK: F.row_number().over(per_key.orderBy(*newest_first)), _OLDEST: F.min(timestamp).over(per_key)}
        )
        .withColumns(
            {
                c.IS_LATEST: has_key & (F.col(_RANK) == 1),
                c.IS_FIRST: has_key & (F.col(_RANK) == F.min(F.when(is_oldest, F.col(_RANK))).over(per_key)),
            }
        )
        .drop(_NOBODYS, _RANK, _OLDEST)
    )


def latest_snapshot(rows: DataFrame, timestamp: str) -> DataFrame:
    """Keep each customer's newest row, as `with_snapshot_flags` marks it. Out: one row per non-null key."""
    return with_snapshot_flags(rows, timestamp).filter(F.col(c.IS_LATEST)).drop(c.IS_LATEST, c.IS_FIRST)


def total_order(schema: T.StructType, skipped: Sequence[str]) -> list[Column]:
    """Return the tie-break: all orderable columns but `skipped`, schema order, descending, nulls last."""
    return [F.col(name).desc_nulls_last() for name in _orderable(schema, skipped)]


def without_key(rows: DataFrame, key: str) -> Column:
    """Return a hash of the row where `key` is null, null elsewhere.

    In a window's partitioning it spreads the rows that belong to nobody, which would all be sorted as one group.
    """
    return F.when(F.col(key).isNull(), F.xxhash64(*(F.col(name) for name in _orderable(rows.schema, (key,)))))


def _orderable(schema: T.StructType, skipped: Sequence[str]) -> list[str]:
    return [
        f"`{field.name}`"
        for field in schema.fields
        if field.name not in skipped and not isinstance(field.dataType, T.MapType | T.VariantType)
    ]
