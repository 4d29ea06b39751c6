"""From row numbers to row identities: which customer, which version, what kind of copy."""

from __future__ import annotations

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from transforms.synthetic.hashing import Dice
from transforms.synthetic.shapes import LakePlan, TablePlan

LATEST, DUPLICATE, TIE, OLDER = "latest", "duplicate", "tie", "older"


def row_identities(ids: DataFrame, lake: LakePlan, table: TablePlan, scope: str) -> DataFrame:
    """Return one row per row number, with the identity all other columns are computed from.

    Args:
        ids: one bigint column `id`, 0 .. table.rows - 1.
        lake: the plan of the lake.
        table: the plan of the table.
        scope: separates the table's rolls from those of other tables.

    Returns:
        DataFrame: `id`; `customer` (bigint, unique across tables); `has_key`; `giant` (rank of the giant
        e-mail from 0, null for others); `kind`: `latest` (copy 0, wins), `duplicate` (equal to it in all
        columns), `tie` (its timestamp, other values, loses by the total order), `older`; `version` (values
        follow from it, 0 for duplicates); `profile` (ids and e-mail follow from it, 0 for ties too).
    """
    located = ids.select("id", *_located(F.col("id"), table))
    identified = located.select(
        "id",
        "copy",
        "has_key",
        F.when(F.col("has_key"), _customer(F.col("ordinal"), table))
        .otherwise(F.col("ordinal") + 4 * lake.customers)
        .alias("customer"),
    ).withColumn("giant", giant_rank(F.col("customer"), lake))
    kind = _kind(Dice(seed=lake.seed, scope=scope, customer=F.col("customer"), version=F.col("copy")))
    # A product, because a CASE may become a scalar (see `_located`).
    version = F.col("copy") * F.when(F.col("kind").isin(TIE, OLDER), 1).otherwise(0)
    profile = F.col("copy") * F.when(F.col("kind") == OLDER, 1).otherwise(0)
    return identified.withColumn("kind", kind).select(
        "id",
        "customer",
        "has_key",
        "giant",
        "kind",
        version.cast("bigint").alias("version"),
        profile.cast("bigint").alias("profile"),
    )


def giant_rank(customer: Column, lake: LakePlan) -> Column:
    """Return 0 for the largest giant e-mail, 1 for the next; null for ordinary customers."""
    rank = customer - lake.first_giant
    return F.when((rank >= 0) & (rank < len(lake.giants)), rank).cast("bigint")


def _located(row: Column, table: TablePlan) -> list[Column]:
    """Return `ordinal`, `copy` and `has_key` of a row number, by the block it lies in."""
    ordinal = F.when(F.lit(False), F.lit(0))
    copy = F.when(F.lit(False), F.lit(0))
    has_key = F.when(F.lit(False), F.lit(True))
    # Never a bare literal: Sail turns a CASE that yields one for a whole batch into a scalar, and then
    # its hash function fails.
    zero = F.pmod(row, F.lit(1))
    for block in table.blocks:
        is_here = row < block.start + block.length
        within = row - block.start
        ordinal = ordinal.when(is_here, (zero if block.single else within) + block.ordinal)
        copy = copy.when(is_here, (within if block.single else zero) + block.copy)
        has_key = has_key.when(is_here, F.lit(block.key))
    return [
        ordinal.cast("bigint").alias("ordinal"),
        copy.cast("bigint").alias("copy"),
        has_key.alias("has_key"),
    ]


def _customer(ordinal: Column, table: TablePlan) -> Column:
    foreign = table.customers - table.gap
    return (
        F.when(ordinal < table.gap_start, ordinal)
        .when(ordinal < foreign, ordinal + table.gap)
        .otherwise(ordinal - foreign + table.foreign_start)
    )


def _kind(dice: Dice) -> Column:
    """Return the kind of a copy; copies of a giant mostly carry one timestamp, as copies of a lead do."""
    roll = dice.roll("kind", 100)
    is_giant = F.col("giant").isNotNull()
    return (
        F.when(dice.version == 0, F.lit(LATEST))
        .when(roll < F.when(is_giant, F.lit(2)).otherwise(F.lit(20)), F.lit(DUPLICATE))
        .when(roll < F.when(is_giant, F.lit(92)).otherwise(F.lit(50)), F.lit(TIE))
        .otherwise(F.lit(OLDER))
    )
