from __future__ import annotations

import datetime as dt
import math

import pytest
from pyspark.sql import DataFrame, SparkSession

from tests.frames import assert_same
from transforms.snapshots import total_order, with_snapshot_flags

FLAGS = ("is_latest_snapshot", "is_first_snapshot")
NAN, INF = math.nan, math.inf
OLD, MID, NEW = (dt.datetime(2024, 1, day, 12) for day in (1, 2, 3))
DDL = "id int, customer_key string, at timestamp, score double, name string, tags map<string,string>"
# `id` stands last in meaning: it must not decide, so it is dropped before the transform runs
ROWS = [
    (1, "newest wins", OLD, 9.0, "z"),
    (2, "newest wins", NEW, 1.0, "a"),
    (3, "newest wins", MID, 5.0, "m"),
    (4, "null time loses", None, 9.0, "z"),
    (5, "null time loses", OLD, 1.0, "a"),
    (6, "only null times", None, 1.0, "a"),
    (7, "only null times", None, 2.0, "a"),
    (8, "tie by first column", NEW, 1.0, "z"),
    (9, "tie by first column", NEW, 2.0, "a"),
    (10, "tie by second column", NEW, 2.0, "a"),
    (11, "tie by second column", NEW, 2.0, "b"),
    (12, "null loses a tie", NEW, None, "z"),
    (13, "null loses a tie", NEW, -INF, "a"),
    (14, "NaN is largest", NEW, INF, "z"),
    (15, "NaN is largest", NEW, NAN, "a"),
    (16, "exact duplicate", NEW, 1.0, "a"),
    (16, "exact duplicate", NEW, 1.0, "a"),
    (17, None, NEW, 1.0, "a"),
    (18, "oldest of equals", MID, 1.0, "z"),
    (19, "oldest of equals", OLD, 1.0, "a"),
    (20, "oldest of equals", OLD, 1.0, "b"),
    (21, "oldest of equals", None, 9.0, "z"),
]


@pytest.fixture(params=[False, True], ids=["one_sort", "repeated_apart"])
def apart(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


def chosen(rows: DataFrame, timestamp: str, flag: str, apart: bool) -> DataFrame:
    flagged = with_snapshot_flags(rows, timestamp, repeated_apart=apart)
    assert flagged.columns == [*rows.columns, *FLAGS]
    return flagged.filter(flag).drop(*FLAGS)


def _rows(spark: SparkSession) -> DataFrame:
    rows = [(key, at, score, name, {"id": str(number)}) for number, key, at, score, name in ROWS]
    ddl = "customer_key string, at timestamp, score double, name string, tags map<string,string>"
    return spark.createDataFrame(rows, ddl)


LATEST = {
    "newest wins": 2,
    "null time loses": 5,
    "only null times": 7,
    "tie by first column": 9,
    "tie by second column": 11,
    "null loses a tie": 13,
    "NaN is largest": 15,
    "exact duplicate": 16,
    "oldest of equals": 18,
}
FIRST = {**LATEST, "newest wins": 1, "oldest of equals": 20}


@pytest.mark.parametrize(("flag", "expected"), list(zip(FLAGS, [LATEST, FIRST], strict=True)), ids=["latest", "first"])
def test_one_row_per_key_in_the_total_order(
    spark: SparkSession, apart: bool, flag: str, expected: dict[str, int]
) -> None:
    numbers = chosen(_rows(spark), "at", flag, apart).selectExpr("customer_key", "cast(tags['id'] as int) as id")
    assert_same(spark, numbers, list(expected.items()), "customer_key string, id int")


def test_every_row_stays_and_rows_without_key_are_nobodys(spark: SparkSession, apart: bool) -> None:
    flagged = with_snapshot_flags(_rows(spark), "at", repeated_apart=apart)
    assert flagged.count() == len(ROWS)
    nobody = flagged.filter("customer_key is null").select(*FLAGS)
    assert_same(spark, nobody, [(False, False)], "is_latest_snapshot boolean, is_first_snapshot boolean")


@pytest.mark.parametrize("flag", FLAGS)
def test_row_order_and_partitioning_do_not_matter(spark: SparkSession, apart: bool, flag: str) -> None:
    rows = _rows(spark)
    reversed_rows = spark.createDataFrame(list(reversed(rows.collect())), rows.schema).repartition(5)
    kept = [
        {(r.customer_key, r.tags["id"]) for r in chosen(frame, "at", flag, apart).collect()}
        for frame in (rows, reversed_rows)
    ]
    assert kept[0] == kept[1]


def test_the_chosen_row_stays_whole(spark: SparkSession, apart: bool) -> None:
    ddl = "customer_key string, at int, a int, b int"
    rows = spark.createDataFrame([("k", 1, None, 7), ("k", 1, 5, None), ("k", 0, 9, 9)], ddl)
    assert_same(spark, chosen(rows, "at", "is_latest_snapshot", apart), [("k", 1, 5, None)], ddl)


def test_no_rows_give_no_rows(spark: SparkSession, apart: bool) -> None:
    ddl = "customer_key string, at timestamp, score double"
    assert_same(spark, chosen(spark.createDataFrame([], ddl), "at", "is_latest_snapshot", apart), [], ddl)


def test_order_uses_every_orderable_column_in_schema_order(spark: SparkSession) -> None:
    schema = spark.createDataFrame([], DDL + ", `dotted.name` int").schema
    found = [str(column) for column in total_order(schema, ("id", "at"))]
    names = ["customer_key", "score", "name", "dotted.name"]
    assert len(found) == len(names)
    for text, name in zip(found, names, strict=True):
        assert name in text
        assert "DESC NULLS LAST" in text
