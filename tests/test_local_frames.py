"""Driver rows as engine frames."""

from __future__ import annotations

import datetime as dt

import pytest
from pyspark.sql import SparkSession

from jobs.local_frames import local_frame
from transforms import result_tables

AT = dt.datetime(2025, 9, 20, 12, 30, 15, 123456, tzinfo=dt.UTC)
DDL = (
    "s string, l bigint, i int, d double, b boolean, y binary, t timestamp, "
    "m map<string,string>, n map<string,bigint>"
)  # fmt: skip


def test_every_type_arrives_with_its_value(spark: SparkSession) -> None:
    row = {
        "s": "价",
        "l": 2**40,
        "i": -1,
        "d": 0.1,
        "b": True,
        "y": b"\x00\xff",
        "t": AT,
        "m": {"k": "v"},
        "n": {"k": 5},
    }
    frame = local_frame(spark, [row], DDL)
    assert ", ".join(f"{name} {type_name}" for name, type_name in frame.dtypes) == DDL
    (found,) = frame.selectExpr("*", "unix_micros(t) AS micros").collect()
    assert found["micros"] == int(AT.timestamp()) * 1_000_000 + 123456
    values = found.asDict(recursive=True)
    assert bytes(values.pop("y")) == b"\x00\xff"
    expected = {name: value for name, value in row.items() if name not in ("t", "y")}
    assert {name: values[name] for name in expected} == expected


def test_a_time_of_another_zone_is_the_same_instant(spark: SparkSession) -> None:
    there = AT.astimezone(dt.timezone(dt.timedelta(hours=8)))
    rows = local_frame(spark, [{"t": AT}, {"t": there}], "t timestamp").selectExpr("unix_micros(t) AS t").collect()
    assert rows[0] == rows[1]


def test_what_a_row_leaves_out_or_holds_as_none_is_null(spark: SparkSession) -> None:
    rows = [{"s": "a"}, {"l": 1, "m": None}, {"m": {}}]
    found = local_frame(spark, rows, "s string, l bigint, m map<string,string>").collect()
    key = [tuple(row) for row in found]
    assert sorted(key, key=repr) == sorted([("a", None, None), (None, 1, None), (None, None, {})], key=repr)


def test_a_value_that_the_ddl_does_not_name_is_left_out(spark: SparkSession) -> None:
    assert local_frame(spark, [{"s": "a", "more": 1}], "s string").columns == ["s"]


def test_no_rows_give_an_empty_frame_of_the_schema(spark: SparkSession) -> None:
    frame = local_frame(spark, [], DDL)
    assert ", ".join(f"{name} {type_name}" for name, type_name in frame.dtypes) == DDL
    assert frame.count() == 0


@pytest.mark.parametrize("table", result_tables.NAMES)
def test_every_result_table_can_be_made_from_driver_rows(spark: SparkSession, table: str) -> None:
    frame = local_frame(spark, [{"run_id": "r"}], result_tables.ddl(table))
    expected = spark.createDataFrame([], result_tables.ddl(table))
    assert frame.dtypes == expected.dtypes
    assert frame.columns == result_tables.columns(table)
