"""The customer view: one row per customer of the base table, joined with the other tables' latest rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from pyspark.sql.window import Window as W

from transforms import columns as c
from transforms.missing import with_missing_as_null
from transforms.population_statistics import exact_mean, sample_stddev


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewSource:
    """One table of the view: its keyed rows (see `keyed_rows`) and the columns the view takes from it."""

    role: str
    rows: DataFrame
    columns: tuple[str, ...]


def has_row(role: str) -> str:
    """Return the name of the view's column that says whether the table holds the customer."""
    return f"has_{role}"


def build_customer_view(sources: Sequence[ViewSource], *, first: bool = False) -> DataFrame:
    """Return one row per customer of the first source (the base).

    In: keyed rows. Out: `customer_key`, the sources' columns with NaN and infinities as null,
    and `has_<role>` per joined table. Every right side is one row per key by construction, so a left
    join cannot fan out; the job counts both sides and raises when it does. `first` takes the oldest
    snapshots instead of the latest.
    """
    chosen = c.IS_FIRST if first else c.IS_LATEST
    base, *others = sources
    view = _one_row_per_customer(base, chosen)
    for source in others:
        right = _one_row_per_customer(source, chosen).withColumn(has_row(source.role), F.lit(True))
        view = view.join(right, on=c.CUSTOMER_KEY, how="left")
    flags = {has_row(s.role): F.coalesce(F.col(has_row(s.role)), F.lit(False)) for s in others}
    return view.withColumns(flags) if flags else view


def _one_row_per_customer(source: ViewSource, chosen: str) -> DataFrame:
    return with_missing_as_null(source.rows.filter(F.col(chosen)).select(c.CUSTOMER_KEY, *source.columns))


def with_tier_ranks(view: DataFrame) -> DataFrame:
    """Add percent rank, z-score (n - 1) and decile of LTV within the tier.

    In: one row per customer with `ltv_tie` (it breaks ties of the decile). Out: the same without it. Only
    customers with a tier and an LTV are ranked and counted; the others get null.
    """
    ranked = F.col(c.TIER).isNotNull() & F.col(c.LTV).isNotNull()
    tier = W.partitionBy(c.TIER, "_ranked")
    by_ltv = tier.orderBy(F.col(c.LTV).asc())
    by_ltv_and_key = tier.orderBy(F.col(c.LTV).asc(), F.col(c.LTV_TIE).asc())
    zscore = (F.col(c.LTV) - F.col("_tier_mean")) / F.col("_tier_stddev")
    return (
        view.withColumn("_ranked", ranked)
        # the finer order first: it serves the coarser one, too, and the wide rows are sorted once
        .withColumn(c.LTV_DECILE, F.ntile(10).over(by_ltv_and_key))
        .withColumn(c.LTV_PERCENT_RANK, F.percent_rank().over(by_ltv))
        # over the tier, not joined from an aggregate: the view would be computed twice
        .withColumns({"_tier_mean": exact_mean(F.col(c.LTV), tier), "_tier_stddev": sample_stddev(F.col(c.LTV), tier)})
        .withColumns(
            {
                c.LTV_PERCENT_RANK: F.when(F.col("_ranked"), F.col(c.LTV_PERCENT_RANK)),
                c.LTV_DECILE: F.when(F.col("_ranked"), F.col(c.LTV_DECILE)),
                c.LTV_ZSCORE: F.when(F.col("_ranked") & (F.col("_tier_stddev") > 0), zscore),
            }
        )
        .drop("_ranked", "_tier_mean", "_tier_stddev", c.LTV_TIE)
    )


def columns_by_role(column_sources: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    """Group view columns by the table they come from, in a fixed order."""
    roles = sorted(set(column_sources.values()))
    return {role: tuple(sorted(n for n, r in column_sources.items() if r == role)) for role in roles}
