"""What other methods would give: rows instead of customers, joins that multiply."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from transforms import columns as c
from transforms.missing import with_missing_as_null
from transforms.population_statistics import with_statistics
from transforms.rules import Condition, is_met

RFM = (c.RECENCY, c.FREQUENCY, c.MONETARY)


def predicates_by_role(
    predicates: Sequence[Condition], column_sources: Mapping[str, str]
) -> dict[str, list[Condition]] | None:
    """Return the predicates of each table, or None where one predicate needs two tables or a derived column.

    Only predicates of columns of a single table can be counted per key without running the join.
    """
    grouped: dict[str, list[Condition]] = {}
    for predicate in predicates:
        role = column_sources.get(predicate.column)
        if role is None or (predicate.within and column_sources.get(predicate.within) != role):
            return None
        grouped.setdefault(role, []).append(predicate)
    return grouped


def passing_rows_per_key(rows: DataFrame, predicates: Sequence[Condition], *, with_rfm: bool) -> DataFrame:
    """Count, per customer key, the rows of one table that pass the table's own predicates.

    In: keyed rows. Out: one row per non-null key: `customer_key`, `rows` (those that pass;
    thresholds are taken over all rows with a key), `statistic` (the first predicate's threshold), and
    with `with_rfm` sum and count of each RFM score over those rows.
    """
    named = {name for p in predicates for name in (p.column, p.within) if name}
    used = sorted(named | set(RFM if with_rfm else ()))
    keyed = rows.filter(F.col(c.CUSTOMER_KEY).isNotNull()).select(c.CUSTOMER_KEY, *used)
    counted = with_statistics(with_missing_as_null(keyed), predicates)
    passes: Column = F.lit(True)
    for predicate in predicates:
        passes = passes & is_met(predicate)
    overall = [p.statistic_column for p in predicates if p.statistic and not p.within]
    statistic = F.max(F.col(overall[0]).cast("double")) if overall else F.lit(None).cast("double")
    scores = [
        aggregate
        for name in (RFM if with_rfm else ())
        for aggregate in (
            F.coalesce(F.sum(F.when(passes, F.col(name).cast("bigint"))), F.lit(0)).alias(f"{name}_sum"),
            F.count(F.when(passes, F.col(name))).alias(f"{name}_count"),
        )
    ]
    return counted.groupBy(c.CUSTOMER_KEY).agg(F.count_if(passes).alias("rows"), statistic.alias("statistic"), *scores)


def joined_rows_per_key(
    base: DataFrame,
    others: Mapping[str, DataFrame],
    *,
    filtered: Sequence[str],
    rfm_role: str | None,
    statistic_role: str = "base",
) -> DataFrame:
    """Multiply the per-key counts: how many rows the left join of all tables would hold.

    In: `passing_rows_per_key` of the base and of each other table. Out: one row per key of the base:
    `customer_key`, `statistic`, `joined_rows` (bigint), and per RFM score its sum and count over those
    rows. A key absent from a table without predicates keeps one row of nulls; a key absent from a
    `filtered` table keeps none. `statistic_role` names the table whose threshold is kept.
    """
    joined = base.withColumnsRenamed({"rows": "base_rows", "statistic": "base_statistic"})
    multiplicity: dict[str, Column] = {"base": F.col("base_rows")}
    for role, counts in others.items():
        renamed = counts.withColumnsRenamed({"rows": f"{role}_rows", "statistic": f"{role}_statistic"})
        joined = joined.join(renamed, on=c.CUSTOMER_KEY, how="left")
        absent = 0 if role in filtered else 1
        multiplicity[role] = F.coalesce(F.col(f"{role}_rows"), F.lit(absent))
    product = _product(list(multiplicity.values()))
    around = _product([value for role, value in multiplicity.items() if role != rfm_role])
    scores = {}
    for name in RFM if rfm_role else ():
        for part in ("sum", "count"):
            scores[f"{name}_{part}"] = around * F.coalesce(F.col(f"{name}_{part}"), F.lit(0))
    return joined.withColumns({"joined_rows": product, **scores}).select(
        c.CUSTOMER_KEY, F.col(f"{statistic_role}_statistic").alias("statistic"), "joined_rows", *scores
    )


def naive_join(joined: DataFrame, *, with_rfm: bool) -> DataFrame:
    """Sum `joined_rows_per_key`: one row with the naive join's rows, customers and RFM means."""
    means = [
        _weighted_mean(name).alias(f"mean_{name.removesuffix('_score')}")
        if with_rfm
        else F.lit(None).cast("double").alias(f"mean_{name.removesuffix('_score')}")
        for name in RFM
    ]
    return joined.agg(
        F.max("statistic").alias("population_mean"),
        F.coalesce(F.sum("joined_rows"), F.lit(0)).alias("joined_rows"),
        F.count_if(F.col("joined_rows") > 0).alias("cohort_customers"),
        *means,
    )


def cohort_means(customers: DataFrame, is_member: Column, statistic: Column) -> DataFrame:
    """Return one row: the threshold, the cohort's size and its RFM means.

    In: one row per customer. Means ignore missing scores; null for an empty cohort.
    """
    return customers.agg(
        F.max(statistic.cast("double")).alias("population_mean"),
        F.count_if(is_member).alias("cohort_customers"),
        *(
            F.avg(F.when(is_member, F.col(name).cast("double"))).alias(f"mean_{name.removesuffix('_score')}")
            for name in RFM
        ),
    )


def _weighted_mean(name: str) -> Column:
    count = F.sum(f"{name}_count")
    return F.when(count > 0, F.sum(f"{name}_sum").cast("double") / count.cast("double"))


def _product(values: Sequence[Column]) -> Column:
    result = F.lit(1).cast("bigint")
    for value in values:
        result = result * value
    return result
