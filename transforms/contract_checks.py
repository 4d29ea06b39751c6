"""What a contract asks of rows: one boolean column per rule, true where a row breaks it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from transforms import columns as c
from transforms.missing import finite

_ROWS = "rows__{role}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """A number from `minimum` to `maximum`, both allowed; None: no limit on that side."""

    column: str
    minimum: float | None = None
    maximum: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Values:
    """One of the listed values, spelled exactly so."""

    column: str
    allowed: tuple[str | int | bool, ...]


RowRule = Range | Values


def is_broken(rule: RowRule) -> Column:
    """Return whether a row breaks a rule. Null, NaN and infinities break none: they are counted as missing."""
    if isinstance(rule, Values):
        return ~F.coalesce(F.col(rule.column).isin(*rule.allowed), F.lit(True))
    value = finite(F.col(rule.column).cast("double"))
    broken = F.lit(False)
    if rule.minimum is not None:
        broken = broken | (value < F.lit(float(rule.minimum)))
    if rule.maximum is not None:
        broken = broken | (value > F.lit(float(rule.maximum)))
    return F.coalesce(broken, F.lit(False))


def relation_counts(rows: Mapping[str, DataFrame], pairs: Iterable[tuple[str, str]]) -> DataFrame:
    """Count, for pairs of tables, how the customers of the one meet the rows of the other.

    In: keyed rows per role; pairs of roles. Out: one row with, per pair, `customers__<a>__<b>` (customers of a),
    `matched__<a>__<b>` (those with a row in b) and `fan_out__<a>__<b>` (the most rows of b that one of them has).
    Rows without a key belong to no customer. One grouping over all tables, whatever the number of pairs.
    """
    keys = [frame.select(c.CUSTOMER_KEY, F.lit(role).alias("role")) for role, frame in rows.items()]
    union = keys[0]
    for part in keys[1:]:
        union = union.unionByName(part)
    per_key = (
        union.filter(F.col(c.CUSTOMER_KEY).isNotNull())
        .groupBy(c.CUSTOMER_KEY)
        .agg(*(F.count_if(F.col("role") == role).alias(_ROWS.format(role=role)) for role in rows))
    )
    counts: list[Column] = []
    for a, b in pairs:
        in_a, rows_of_b = F.col(_ROWS.format(role=a)) > 0, F.col(_ROWS.format(role=b))
        counts += [
            F.count_if(in_a).alias(f"customers__{a}__{b}"),
            F.count_if(in_a & (rows_of_b > 0)).alias(f"matched__{a}__{b}"),
            F.coalesce(F.max(F.when(in_a, rows_of_b)), F.lit(0)).alias(f"fan_out__{a}__{b}"),
        ]
    return per_key.agg(*counts)
