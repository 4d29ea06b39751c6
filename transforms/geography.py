"""Where customers are: which key reaches an address, and an estimate when none does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.window import Window as W

from transforms import columns as c
from transforms.keys import trimmed, with_hidden
from transforms.snapshots import total_order, without_key

ID = "customer360_id"
HIDDEN_ID = "hidden_id"
IS_OF_ID = "is_of_id"
IS_OF_SYSTEM = "is_of_system"
ANY = "any"


def located_addresses(
    addresses: DataFrame, countries: Sequence[str], pads: DataFrame, flags: Mapping[str, Column] | None = None
) -> DataFrame:
    """Return the addresses as every later step reads them: country and state judged, one address per id marked.

    In: address rows as read; `pads` from `hmac_pads`. Out: one row per address: `customer360_id`, `hidden_id` (its
    HMAC), `source_system` (trimmed, lower case), `country` and `state` (see `country_value`), `is_of_id` (the one
    address of the id), `is_of_system` (of the id within a system that has a name), and `flags` by name, which may
    look at every column of the table. The one address: lowest `priority`, then `rank` (nulls last), then the total
    order over all other columns.
    """
    first = [F.col("priority").asc_nulls_last(), F.col("rank").asc_nulls_last()]
    order = [*first, *total_order(addresses.schema, (ID, "priority", "rank"))]
    has_id = F.col(ID).isNotNull()
    country = country_value(F.col("country"), countries)
    return (
        addresses.withColumns(
            {"_system": F.lower(trimmed(F.col("source_system"))), "_nobodys": without_key(addresses, ID)}
        )
        .withColumns(
            {
                "_of_id": F.row_number().over(W.partitionBy(ID, "_nobodys").orderBy(*order)),
                "_of_system": F.row_number().over(W.partitionBy(ID, "_nobodys", "_system").orderBy(*order)),
            }
        )
        .select(
            ID,
            F.col(ID).alias(HIDDEN_ID),
            F.col("_system").alias("source_system"),
            country.alias("country"),
            _state_value(country).alias("state"),
            (has_id & (F.col("_of_id") == 1)).alias(IS_OF_ID),
            (has_id & F.col("_system").isNotNull() & (F.col("_of_system") == 1)).alias(IS_OF_SYSTEM),
            *(flag.alias(name) for name, flag in (flags or {}).items()),
        )
        .transform(with_hidden, [HIDDEN_ID], pads)
    )


def ids_of_mapping(mapping: DataFrame, ids: Sequence[str]) -> DataFrame:
    """Return which customer360_id each id of each column leads to.

    In: mapping rows. Out: one row per distinct `key` (the column's name), `candidate` (the id as text, never null)
    and `customer360_id`.
    """
    pairs = F.array(*(F.struct(F.lit(n).alias("key"), F.col(n).cast("string").alias("candidate")) for n in ids))
    return (
        mapping.select(ID, F.explode(pairs).alias("pair"))
        .select(F.col("pair.key").alias("key"), F.col("pair.candidate").alias("candidate"), ID)
        .filter(F.col("candidate").isNotNull())
        .distinct()
    )


def match_by_keys(cohort: DataFrame, keys: Mapping[str, Column], ids: DataFrame, id_column: str) -> DataFrame:
    """Find, for each key, the customers it reaches.

    In: one row per cohort customer; `ids` with `id_column` (text) and `customer360_id`. Out: one row per
    customer, key and reached id: `customer_key`, `key`, `customer360_id`. One equi-join over the union
    of the keys, never an OR join; a null key reaches nothing.
    """
    targets = ids.select(F.col(id_column).alias("candidate"), F.col(ID)).distinct()
    return _candidates(cohort, keys).join(targets, on="candidate", how="inner").select(c.CUSTOMER_KEY, "key", ID)


def match_through_mapping(cohort: DataFrame, mapped: DataFrame, ids: Sequence[str]) -> DataFrame:
    """Find the customers each of the ids reaches through the mapping table.

    As `match_by_keys`, with `mapped` from `ids_of_mapping`: an id is looked up under its own name only.
    """
    candidates = _candidates(cohort, {name: F.col(name).cast("string") for name in ids})
    return candidates.join(mapped, on=["key", "candidate"], how="inner").select(c.CUSTOMER_KEY, "key", ID)


def _candidates(cohort: DataFrame, keys: Mapping[str, Column]) -> DataFrame:
    pairs = F.array(*(F.struct(F.lit(name).alias("key"), value.alias("candidate")) for name, value in keys.items()))
    return (
        cohort.select(c.CUSTOMER_KEY, F.explode(pairs).alias("pair"))
        .select(c.CUSTOMER_KEY, F.col("pair.key").alias("key"), F.col("pair.candidate").alias("candidate"))
        .filter(F.col("candidate").isNotNull())
    )


def matched_customers(matches: DataFrame) -> DataFrame:
    """Count customers per key and with any key: one row per key that reached somebody, and `any`."""
    per_key = matches.groupBy("key").agg(F.count_distinct(c.CUSTOMER_KEY).alias("matched_rows"))
    overall = matches.agg(F.lit(ANY).alias("key"), F.count_distinct(c.CUSTOMER_KEY).alias("matched_rows"))
    return per_key.unionByName(overall.select("key", "matched_rows"))


def places_of_matched(matches: DataFrame, addresses: DataFrame) -> DataFrame:
    """Count matched customers per country and state, one address per customer.

    In: located addresses. Out: one row per dimension and value with `n`. A customer's address is that of the smallest
    customer360_id (as text) that any key reached and that has an address.
    """
    one = addresses.filter(F.col(IS_OF_ID))
    reached = matches.join(one.select(ID), on=ID, how="left_semi")
    chosen = reached.groupBy(c.CUSTOMER_KEY).agg(F.min(ID).alias(ID))
    return _count_places(chosen.join(one, on=ID, how="inner"), [])


def places_by_system(addresses: DataFrame) -> DataFrame:
    """Count addresses per system, dimension and value, one address per id within the system.

    In: located addresses. Out: one row per `source_system` (lower case), dimension (`country`, `state`) and value
    with `n`.
    """
    return _count_places(addresses.filter(F.col(IS_OF_SYSTEM)), ["source_system"])


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


def _state_value(country: Column) -> Column:
    state = trimmed(F.col("state"))
    return (
        F.when(country.isin(c.INVALID, c.MISSING), F.lit(c.INVALID_COUNTRY))
        .when(state.isNull() | (state == ""), F.lit(c.MISSING))
        .otherwise(state)
    )


def _count_places(addresses: DataFrame, by: list[str]) -> DataFrame:
    pairs = F.array(
        *(F.struct(F.lit(name).alias("dimension"), F.col(name).alias("value")) for name in ("country", "state"))
    )
    return (
        addresses.select(*by, F.explode(pairs).alias("pair"))
        .groupBy(*by, F.col("pair.dimension").alias("dimension"), F.col("pair.value").alias("value"))
        .agg(F.count(F.lit(1)).alias("n"))
    )
