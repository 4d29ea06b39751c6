from __future__ import annotations

import hmac

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from tests.frames import assert_same
from transforms.geography import (
    IS_OF_ID,
    IS_OF_SYSTEM,
    country_value,
    ids_of_mapping,
    located_addresses,
    match_by_keys,
    match_through_mapping,
    matched_customers,
    places_by_system,
    places_of_matched,
    systems_of_cohort,
)
from transforms.keys import hmac_pads

COUNTRIES = ("france", "fr", "japan")
ADDRESS = (
    "customer360_id string, city string, state string, country string, source_system string, priority int, rank int"
)


def _located(spark: SparkSession, rows: list[tuple]) -> DataFrame:
    pads = spark.createDataFrame([hmac_pads(b"a-key")], "inner_pad binary, outer_pad binary")
    return located_addresses(spark.createDataFrame(rows, ADDRESS), COUNTRIES, pads)


def test_one_address_per_id_by_priority_then_rank_then_all_columns(spark: SparkSession) -> None:
    rows = [
        ("priority", "a", "lost", "fr", "s", 2, 1),
        ("priority", "b", "kept", "fr", "s", 1, 9),
        ("null priority last", "a", "lost", "fr", "s", None, 1),
        ("null priority last", "b", "kept", "fr", "s", 5, 5),
        ("rank", "a", "lost", "fr", "s", 1, 2),
        ("rank", "b", "kept", "fr", "s", 1, 1),
        ("null rank last", "a", "lost", "fr", "s", 1, None),
        ("null rank last", "b", "kept", "fr", "s", 1, 9),
        ("tie: largest city", "b", "kept", "fr", "s", 1, 1),
        ("tie: largest city", "a", "z", "japan", "s", 1, 1),
        ("tie: null last", None, "z", "japan", "s", 1, 1),
        ("tie: null last", "a", "kept", "fr", "s", 1, 1),
        ("tie: state", "a", "kep", "fr", "s", 1, 1),
        ("tie: state", "a", "kept", "fr", "s", 1, 1),
        (None, "a", "lost", "fr", "s", 1, 1),
    ]
    located = _located(spark, rows)
    assert located.count() == len(rows)
    names = {row[0] for row in rows if row[0]}
    expected = [(name, "fr", "kept") for name in names]
    assert_same(spark, located.filter(IS_OF_ID), expected, "customer360_id string, country string, state string")


def test_one_address_per_id_and_system(spark: SparkSession) -> None:
    rows = [
        ("1", None, "a", "fr", "stripe", 1, 1),
        ("1", None, "b", "fr", "zendesk", 2, 1),
        ("1", None, "c", "fr", "zendesk", 1, 1),
        ("1", None, "nameless", "fr", None, 1, 1),
        (None, None, "nobody's", "fr", "zendesk", 0, 0),
    ]
    actual = _located(spark, rows).filter(IS_OF_SYSTEM)
    assert_same(spark, actual, [("stripe", "a"), ("zendesk", "c")], "source_system string, state string")


def test_an_id_is_hidden_as_a_customer_key_is(spark: SparkSession) -> None:
    located = _located(spark, [("m1", "a", None, None, "s", 1, 1), (None, "a", None, None, "s", 1, 1)])
    hidden = hmac.new(b"a-key", b"m1", "sha256").hexdigest()
    assert_same(spark, located, [("m1", hidden), (None, None)], "customer360_id string, hidden_id string")


def test_keys_reach_ids_by_equality_and_null_reaches_nothing(spark: SparkSession) -> None:
    cohort = spark.createDataFrame(
        [("ann", 1, "s1"), ("bob", 2, None), ("eve", None, None), ("dup", 1, "s9")],
        "customer_key string, lead bigint, stripe string",
    )
    ids = spark.createDataFrame(
        [("1", "X"), ("1", "X"), ("1", "Y"), ("s1", "X"), (None, "N")],
        "id string, customer360_id string",
    )
    keys = {"lead": F.col("lead").cast("string"), "stripe": F.col("stripe")}
    expected = [
        ("ann", "lead", "X"),
        ("ann", "lead", "Y"),
        ("ann", "stripe", "X"),
        ("dup", "lead", "X"),
        ("dup", "lead", "Y"),
    ]
    actual = match_by_keys(cohort, keys, ids, "id")
    assert_same(spark, actual, expected, "customer_key string, key string, customer360_id string")


def test_the_mapping_is_reached_by_the_same_id_column_only(spark: SparkSession) -> None:
    cohort = spark.createDataFrame(
        [("ann", 1, "2"), ("bob", 2, "1"), ("eve", None, None)],
        "customer_key string, marketo_lead_id bigint, stripe_customer_id string",
    )
    mapping = spark.createDataFrame(
        [("X", 1, None), ("Y", None, "1"), ("Z", None, None)],
        "customer360_id string, marketo_lead_id bigint, stripe_customer_id string",
    )
    ids = ["marketo_lead_id", "stripe_customer_id"]
    actual = match_through_mapping(cohort, ids_of_mapping(mapping, ids), ids)
    expected = [("ann", "marketo_lead_id", "X"), ("bob", "stripe_customer_id", "Y")]
    assert_same(spark, actual, expected, "customer_key string, key string, customer360_id string")


MATCH = "customer_key string, key string, customer360_id string"


def test_matched_customers_are_counted_once_per_key_and_once_for_any(spark: SparkSession) -> None:
    matches = spark.createDataFrame(
        [("ann", "lead", "X"), ("ann", "lead", "Y"), ("ann", "md5", "X"), ("bob", "md5", "Z")], MATCH
    )
    ddl = "key string, matched_rows bigint"
    assert_same(spark, matched_customers(matches), [("lead", 1), ("md5", 2), ("any", 2)], ddl)
    assert_same(spark, matched_customers(matches.limit(0)), [("any", 0)], ddl)


PLACES = "dimension string, value string, n bigint"


def test_a_matched_customer_has_the_address_of_the_smallest_id_that_has_one(spark: SparkSession) -> None:
    matches = spark.createDataFrame(
        [
            ("ann", "lead", "2"),
            ("ann", "md5", "10"),
            ("ann", "lead", "0 without address"),
            ("bob", "lead", "2"),
            ("bob", "md5", "2"),
            ("eve", "lead", "3"),
            ("zoe", "lead", "0 without address"),
        ],
        MATCH,
    )
    addresses = _located(
        spark,
        [
            ("10", "p", " Bretagne\u3000", "France", "s", 1, 1),
            ("2", "t", "", " FR ", "s", 1, 1),
            ("2", "u", "other", "Japan", "s", 2, 1),
            ("3", "x", "Nowhere", "Atlantis", "s", 1, 1),
            ("4", "nobody's", "Kyoto", "Japan", "s", 1, 1),
        ],
    )
    expected = [
        ("country", "France", 1),
        ("country", "FR", 1),
        ("country", "(invalid)", 1),
        ("state", "Bretagne", 1),
        ("state", "(missing)", 1),
        ("state", "(invalid country)", 1),
    ]
    assert_same(spark, places_of_matched(matches, addresses), expected, PLACES)
    assert_same(spark, places_of_matched(matches.limit(0), addresses), [], PLACES)


def test_places_by_system_take_one_address_per_id_within_the_system(spark: SparkSession) -> None:
    rows = [
        ("1", "a", "Nara", "Japan", "\u00a0Stripe", 2, 1),
        ("1", "b", "Kobe", "Japan", "stripe", 1, 1),
        ("1", "c", None, None, "zendesk", 1, 1),
        ("2", "d", "Kobe", "Japan", "STRIPE", 1, 1),
        (None, "e", "Kobe", "Japan", "stripe", 1, 1),
        ("3", "f", "Kobe", "Japan", None, 1, 1),
    ]
    expected = [
        ("stripe", "country", "Japan", 2),
        ("stripe", "state", "Kobe", 2),
        ("zendesk", "country", "(missing)", 1),
        ("zendesk", "state", "(invalid country)", 1),
    ]
    actual = places_by_system(_located(spark, rows))
    assert_same(spark, actual, expected, "source_system string, " + PLACES)


def test_systems_count_flags_of_one_only(spark: SparkSession) -> None:
    cohort = spark.createDataFrame([(1, 1), (1, 0), (0, None), (None, 2), (0, 0)], "in_marketo int, in_stripe int")
    flags = {"marketo": "in_marketo", "stripe": "in_stripe"}
    ddl = "marketo bigint, stripe bigint, without_system bigint"
    assert_same(spark, systems_of_cohort(cohort, flags), [(2, 1, 3)], ddl)
    assert_same(spark, systems_of_cohort(cohort.limit(0), flags), [(0, 0, 0)], ddl)


def test_country_values(spark: SparkSession) -> None:
    cases = [
        ("France", "France"),
        (" france ", "france"),
        ("FR", "FR"),
        ("\u3000France\u00a0\t", "France"),
        ("Franc", "(invalid)"),
        ("francee", "(invalid)"),
        ("", "(missing)"),
        (" \u00a0", "(missing)"),
        (None, "(missing)"),
    ]
    frame = spark.createDataFrame([(value,) for value, _ in cases], "v string")
    actual = frame.withColumn("country", country_value(F.col("v"), COUNTRIES))
    assert_same(spark, actual, cases, "v string, country string")


@pytest.mark.parametrize("rows", [[("1", "a", "Kobe", "Japan", "stripe", 1, 1)] * 3])
def test_duplicate_address_rows_count_once(spark: SparkSession, rows) -> None:
    expected = [("stripe", "country", "Japan", 1), ("stripe", "state", "Kobe", 1)]
    actual = places_by_system(_located(spark, rows))
    assert_same(spark, actual, expected, "source_system string, " + PLACES)
