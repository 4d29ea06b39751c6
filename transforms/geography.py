"""Where customers are: which key reaches an address, and an estimate when none does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.window import Window as W

from transforms import columns as c
from transforms.keys import trimmed
from transforms.snapshots import total_order

ID = "customer360_id"
ANY = "any"


def one_address_per_id(addresses: DataFrame, *, within: Sequence[str] = ()) -> DataFrame:
    """Keep one address per customer360_id (and per `within`).

    In: address rows. Out: one row per non-null id: lowest `priority`, then `rank` (nulls last), then the
    total order over all other columns.
    """
    first = [F.col("priority").asc_nulls_last(), F.col("rank").asc_nulls_last()]
    order = [*first, *total_order(addresses.schema, (ID, "priority", "rank"))]
    per_id = W.partitionBy(ID, *within).orderBy(*order)
    return (
        addresses.filter(F.col(ID).isNotNull())
        .withColumn("_place", F.row_number().over(per_id))
        .filter(F.col("_place") == 1)
        .drop("_place")
    )


def match_by_keys(cohort: DataFrame, keys: Mapping[str, Column], ids: DataFrame, id_column: str) -> DataFrame:
    """Find, for each key, the customers it reaches.

    In: one row per cohort customer; `ids` with `id_column` (text) and `customer360_id`. Out: one row per
    customer, key and reached id: `customer_key`, `key`, `customer360_id`. One equi-join over the union
    of the keys, never an OR join; a null key reaches nothing.
    """
    pairs = F.array(*(F.struct(F.lit(name).alias("key"), value.alias("candidate")) for name, value in keys.items()))
    candidates = (
        cohort.select(c.CUSTOMER_KEY, F.explode(pairs).alias("pair"))
        .select(c.CUSTOMER_KEY, F.col("pair.key").alias("key"), F.col("pair.candidate").alias("candidate"))
        .filter(F.col("candidate").isNotNull())
    )
    targets = ids.select(F.col(id_column).alias("candidate"), F.col(ID)).distinct()
    return candidates.join(targets, on="candidate", how="inner").select(c.CUSTOMER_KEY, "key", ID)


def match_through_mapping(cohort: DataFrame, mapping: DataFrame, ids: Sequence[str]) -> DataFrame:
    """Find the customers each of the three ids reaches through the mapping table.

    As `match_by_keys`, with the mapping's own id columns: one equi-join per id, then a union.
    """
    parts = [
        match_by_keys(
            cohort,
            {name: F.col(name).cast("string")},
            mapping.filter(F.col(name).isNotNull()).select(F.col(name).cast("string").alias("id"), ID),
            "id",
        )
        for name in ids
    ]
    result = parts[0]
    for part in parts[1:]:
        result = result.unionByName(part)
    return result


def matched_customers(matches: DataFrame) -> DataFrame:
    """Count customers per key and with any key: one row per key that reached somebody, and `any`."""
    per_key = matches.groupBy("key").agg(F.count_distinct(c.CUSTOMER_KEY).alias("matched_rows"))
    overall = matches.agg(F.lit(ANY).alias("key"), F.count_distinct(c.CUSTOMER_KEY).alias("matched_rows"))
    return per_key.unionByName(overall.select("key", "matched_rows"))


def places_of_matched(matches: DataFrame, addresses: DataFrame, countries: Sequence[str]) -> DataFrame:
    """Count matched customers per country and state, one address per customer.

    Out: one row per dimension and value with `n`. A customer's address is that of the smallest
    customer360_id (as text) that any key reached and that has an address.
    """
    one = one_address_per_id(addresses)
    reached = matches.join(one.select(ID), on=ID, how="left_semi")
    chosen = reached.groupBy(c.CUSTOMER_KEY).agg(F.min(ID).alias(ID))
    return _count_places(chosen.join(one, on=ID, how="inner"), [], countries)


def places_by_system(addresses: DataFrame, countries: Sequence[str]) -> DataFrame:
    """Count addresses per system, dimension and value, one address per id within the system.

    Out: one row per `source_system` (lower case), dimension (`country`, `state`) and value with `n`.
    """
    system = F.lower(trimmed(F.col("source_system")))
    named = addresses.withColumn("source_system", system).filter(F.col("source_system").isNotNull())
    return _count_places(one_address_per_id(named, within=["source_system"]), ["source_system"], countries)


def systems_of_cohort(cohort: DataFrame, flags: Mapping[str, str]) -> DataFrame:
    """Count cohort customers per system flag: one row, a column per system and `without_system`.

    `flags` maps system name to flag column; a flag counts when it is 1.
    """
    active = {system: F.coalesce(F.col(name) == 1, F.lit(False)) for system, name in flags.items()}
    nobody: Column = F.lit(True)
    for value in active.values():
        nobody = nobody & ~value
    return cohort.agg(
        *(F.count_if(value).alias(system) for system, value in active.items()),
        F.count_if(nobody).alias("without_system"),
    )


def country_value(country: Column, countries: Sequence[str]) -> Column:
    """Return the country as spelled (trimmed), `(missing)` when empty, `(invalid)` when it is none."""
    name = trimmed(country)
    is_missing = name.isNull() | (name == "")
    is_valid = F.lower(name).isin(*countries)
    return F.when(is_missing, F.lit(c.MISSING)).when(is_valid, name).otherwise(F.lit(c.INVALID))


def _count_places(addresses: DataFrame, by: list[str], countries: Sequence[str]) -> DataFrame:
    country = country_value(F.col("country"), countries)
    state = trimmed(F.col("state"))
    state_value = (
        F.when(country.isin(c.INVALID, c.MISSING), F.lit(c.INVALID_COUNTRY))
        .when(state.isNull() | (state == ""), F.lit(c.MISSING))
        .otherwise(state)
    )
    pairs = F.array(
        F.struct(F.lit("country").alias("dimension"), country.alias("value")),
        F.struct(F.lit("state").alias("dimension"), state_value.alias("value")),
    )
    return (
        addresses.select(*by, F.explode(pairs).alias("pair"))
        .groupBy(*by, F.col("pair.dimension").alias("dimension"), F.col("pair.value").alias("value"))
        .agg(F.count(F.lit(1)).alias("n"))
    )
