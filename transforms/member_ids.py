"""Members with the ids of the source systems: for whoever may read the lake and holds the key."""

from __future__ import annotations

from collections.abc import Sequence

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from transforms import columns as c
from transforms.keys import with_customer_key, with_hidden
from transforms.snapshots import latest_snapshot

PLAIN_KEY = "email"


def with_source_ids(
    members: DataFrame, rows: DataFrame, *, timestamp: str, ids: Sequence[str], pads: DataFrame
) -> DataFrame:
    """Add the source ids and the normalised e-mail of each member's newest row.

    In: one row per member with a hidden `customer_key`; the base table as the run read it; `pads` from `hmac_pads`.
    Out: one row per member: `ids`, `email`, then the members' columns. A member that the rows do not hold has nulls.
    """
    newest = latest_snapshot(with_customer_key(rows), timestamp)
    plain = newest.select(F.col(c.CUSTOMER_KEY).alias(PLAIN_KEY), c.CUSTOMER_KEY, *ids)
    hidden = with_hidden(plain, [c.CUSTOMER_KEY], pads)
    return members.join(hidden, on=c.CUSTOMER_KEY, how="left").select(*ids, PLAIN_KEY, *members.columns)


def most_valuable_first(rows: DataFrame) -> DataFrame:
    """Sort members by lifetime value, the largest first, missing last, ties by key. Grain and columns unchanged."""
    return rows.orderBy(F.desc_nulls_last("estimated_customer_ltv"), F.asc(c.CUSTOMER_KEY))


def without_formulas(rows: DataFrame) -> DataFrame:
    """Put an apostrophe before texts that a spreadsheet would run as a formula. Grain and columns unchanged."""
    starts = "|".join(("=", r"\+", "-", "@", r"\t", r"\r"))
    return rows.select(
        *(
            F.when(F.col(name).rlike(f"^({starts})"), F.concat(F.lit("'"), F.col(name)))
            .otherwise(F.col(name))
            .alias(name)
            if kind == "string"
            else F.col(name)
            for name, kind in rows.dtypes
        )
    )
