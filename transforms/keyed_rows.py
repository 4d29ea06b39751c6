"""A table as every later step reads it: hidden keys, the newest and oldest rows marked, only the columns in use."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.window import Window as W

from transforms import columns as c
from transforms.keys import is_non_ascii, with_customer_key, with_hidden
from transforms.missing import finite
from transforms.snapshots import with_snapshot_flags

# What stands before the table's own columns.
KEYED_DDL = (
    f"{c.CUSTOMER_KEY} string, {c.KEY_MD5} string, {c.IS_NON_ASCII} boolean, {c.IS_LATEST} boolean, "
    f"{c.IS_FIRST} boolean, {c.LTV_TIE} int"
)
_KEYED = (c.CUSTOMER_KEY, c.KEY_MD5, c.IS_NON_ASCII, c.IS_LATEST, c.IS_FIRST, c.LTV_TIE)
_VALUE, _BUCKET = "_value", "_bucket"
# Enough that the rows of one are few even in a table of hundreds of millions, few enough to cost nothing.
_BUCKETS = 1024


def keyed_rows(
    rows: DataFrame,
    *,
    timestamp: str,
    columns: Sequence[str],
    pads: DataFrame,
    flags: Mapping[str, Column] | None = None,
    with_md5: bool = True,
    repeated_apart: bool = False,
) -> DataFrame:
    """Return the rows of one table without any e-mail, so that they can be stored and read many times.

    In: table rows as read; `pads` from `hmac_pads`. Out: one row per row of the table: `customer_key` (HMAC in hex;
    null for nobody's rows), `key_md5` (HMAC of the key's MD5, newest rows only; null without `with_md5`),
    `is_non_ascii` (of the plain key), `is_latest_snapshot`, `is_first_snapshot`, `ltv_tie`, `columns` as read, NaN and
    infinities too, and `flags` by name, which may look at every column of the table.
    `ltv_tie` orders the newest rows of equal LTV by plain key, as deciles break ties; its numbers mean nothing more,
    and it is null elsewhere. `repeated_apart`: see `with_snapshot_flags`.
    """
    # computed behind the sort of snapshots, which orders by all columns that it is given
    flags = flags or {}
    flagged = with_snapshot_flags(with_customer_key(rows), timestamp, repeated_apart=repeated_apart)
    md5 = F.when(F.col(c.IS_LATEST), F.md5(c.CUSTOMER_KEY)) if with_md5 else F.lit(None).cast("string")
    narrow = flagged.select(
        c.CUSTOMER_KEY,
        md5.alias(c.KEY_MD5),
        is_non_ascii(F.col(c.CUSTOMER_KEY)).alias(c.IS_NON_ASCII),
        c.IS_LATEST,
        c.IS_FIRST,
        *columns,
        *(flag.alias(name) for name, flag in flags.items()),
    )
    hidden = [c.CUSTOMER_KEY, c.KEY_MD5] if with_md5 else [c.CUSTOMER_KEY]
    return with_hidden(_with_ltv_tie(narrow), hidden, pads).select(*_KEYED, *columns, *flags)


def _with_ltv_tie(rows: DataFrame) -> DataFrame:
    if c.LTV not in rows.columns:
        return rows.withColumn(c.LTV_TIE, F.lit(None).cast("int"))
    is_ranked = F.col(c.IS_LATEST) & finite(F.col(c.LTV)).isNotNull()
    # one number of a few per value: a window over each single value would have nearly as many groups as rows
    by_key = F.row_number().over(W.partitionBy(_BUCKET).orderBy(F.col(_VALUE).asc(), F.col(c.CUSTOMER_KEY).asc()))
    # rows that are not ranked would be one large group
    spread = F.when(is_ranked, F.xxhash64(_VALUE)).otherwise(F.xxhash64(*rows.columns))
    return (
        # columns, not expressions in the window: one engine cannot plan its sort otherwise
        # + 0.0: minus zero is the same value
        rows.withColumn(_VALUE, F.when(is_ranked, F.col(c.LTV) + F.lit(0.0)))
        .withColumn(_BUCKET, F.pmod(spread, F.lit(_BUCKETS)))
        .withColumn(c.LTV_TIE, F.when(F.col(_VALUE).isNotNull(), by_key))
        .drop(_VALUE, _BUCKET)
    )
