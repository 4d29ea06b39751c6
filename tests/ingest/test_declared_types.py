"""Truth tables of reading raw values as declared types."""

from __future__ import annotations

import datetime as dt
import decimal
import math
from typing import Any

import pytest
from pyspark.sql import Column, SparkSession
from pyspark.sql import functions as F

from transforms.declared_types import (
    boolean_from_text,
    columns_in_source,
    double_from_text,
    from_text,
    integer_from_text,
    timestamp_from_text,
    unreadable_counts,
    with_declared_types,
)
from transforms.input_tables import TABLES, InputTable

SMALL = InputTable(
    role="small",
    name="small",
    columns={
        "id": "bigint",
        "score": "int",
        "ltv": "double",
        "head": "boolean",
        "seen": "timestamp",
        "note": "string",
    },
    key_column=None,
    snapshot_column=None,
)


def _read(spark: SparkSession, rule: Any, texts: list[str]) -> list[Any]:
    rows = [(place, text) for place, text in enumerate(texts)]
    frame = spark.createDataFrame(rows, "place int, text string")
    result: Column = rule(F.col("text"))
    return [row[0] for row in frame.orderBy("place").select(result).collect()]


def _utc_micros(text: str) -> int:
    moment = dt.datetime.fromisoformat(text)
    return (moment - dt.datetime(1970, 1, 1, tzinfo=dt.UTC)) // dt.timedelta(microseconds=1)


def test_timestamps_are_read_in_every_documented_format(spark: SparkSession) -> None:
    expected = {
        "2025-09-20 18:18:23.377000+08:00": "2025-09-20T10:18:23.377+00:00",
        "2025-09-20T18:18:23.377000+08:00": "2025-09-20T10:18:23.377+00:00",
        "2025-09-20 18:18:23.377+0800": "2025-09-20T10:18:23.377+00:00",
        "2025-09-20 18:18:23+08": "2025-09-20T10:18:23+00:00",
        "2025-09-20 18:18:23 -05:30": "2025-09-20T23:48:23+00:00",
        "2025-09-20T18:18:23Z": "2025-09-20T18:18:23+00:00",
        "2025-09-20 18:18:23.377 UTC": "2025-09-20T18:18:23.377+00:00",
        "2025-09-20 18:18:23.377123": "2025-09-20T18:18:23.377123+00:00",
        "2025-09-20 18:18:23.377123999": "2025-09-20T18:18:23.377123+00:00",
        "2025-09-20T18:18:23": "2025-09-20T18:18:23+00:00",
        "2025-09-20 18:18": "2025-09-20T18:18:00+00:00",
        "2025-09-20T18:18+08:00": "2025-09-20T10:18:00+00:00",
        "2025-09-20": "2025-09-20T00:00:00+00:00",
        " 2025-09-20 \n": "2025-09-20T00:00:00+00:00",
        "2024-02-29": "2024-02-29T00:00:00+00:00",
        "1758363503": "2025-09-20T10:18:23+00:00",
        "1758363503.0": "2025-09-20T10:18:23+00:00",
        "1758363503377": "2025-09-20T10:18:23.377+00:00",
        "999999999": "2001-09-09T01:46:39+00:00",
        "1600-12-31 23:59:59": "1600-12-31T23:59:59+00:00",
        "9999-12-31": "9999-12-31T00:00:00+00:00",
    }

    micros = _read(spark, lambda text: F.unix_micros(timestamp_from_text(text)), list(expected))

    assert dict(zip(expected, micros, strict=True)) == {text: _utc_micros(moment) for text, moment in expected.items()}


def test_texts_that_are_no_timestamp_are_null_instead_of_a_guess(spark: SparkSession) -> None:
    texts = [
        "yesterday",
        "2025-02-30",
        "2023-02-29 10:00:00",
        "2025-13-01",
        "2025-09-20 25:00:00",
        "2025-09-20 10:60:00",
        "2025-09-20 10:00:60",
        "2025-9-2",
        "20/09/2025",
        "20250920",
        "20250920181823",
        "0",
        "-1758363503",
        "2025-09-20 10:00:00 Asia/Shanghai",
        "2025-09-20 10:00:00+25:00",
        "2025-09-20 10:00:00.",
        "2025-09-20 10",
        "2025",
        "10:00:00",
        "٢٠٢٥-09-20",
    ]

    assert dict(zip(texts, _read(spark, timestamp_from_text, texts), strict=True)) == dict.fromkeys(texts)


def test_a_text_timestamp_does_not_depend_on_the_session_time_zone(spark: SparkSession) -> None:
    before = spark.conf.get("spark.sql.session.timeZone")
    spark.conf.set("spark.sql.session.timeZone", "Asia/Shanghai")
    try:
        micros = _read(
            spark,
            lambda text: F.unix_micros(timestamp_from_text(text)),
            ["2025-09-20 18:18:23", "2025-09-20", "1758363503"],
        )
    finally:
        spark.conf.set("spark.sql.session.timeZone", before)

    assert micros == [
        _utc_micros("2025-09-20T18:18:23+00:00"),
        _utc_micros("2025-09-20T00:00:00+00:00"),
        1_758_363_503_000_000,
    ]


def test_integers_may_be_written_with_zero_decimals_but_not_with_a_fraction(spark: SparkSession) -> None:
    expected = {
        "5": 5,
        "5.0": 5,
        "5.00": 5,
        "5.": 5,
        " -7 ": -7,
        "+3": 3,
        "007": 7,
        "2147483647": 2147483647,
        "-2147483648": -2147483648,
        "2147483648": None,
        "5.5": None,
        "5e3": None,
        "1,000": None,
        "abc": None,
        "true": None,
        "0x1F": None,
        "5L": None,
        "٥": None,
        "--5": None,
        "NaN": None,
    }

    read = _read(spark, lambda text: integer_from_text(text, "int"), list(expected))

    assert dict(zip(expected, read, strict=True)) == expected


def test_bigints_keep_every_digit(spark: SparkSession) -> None:
    texts = ["9223372036854775807", "9007199254740993.0", "9223372036854775808"]

    assert _read(spark, lambda text: integer_from_text(text, "bigint"), texts) == [
        9223372036854775807,
        9007199254740993,
        None,
    ]


def test_doubles_are_read_with_a_point_and_not_finite_words(spark: SparkSession) -> None:
    expected = {
        "1.5": 1.5,
        ".5": 0.5,
        "5.": 5.0,
        "-1.5E-3": -0.0015,
        "1e+16": 1e16,
        " 2 ": 2.0,
        "0.1": 0.1,
        "inf": math.inf,
        "-Infinity": -math.inf,
        "+inf": math.inf,
        "1,5": None,
        "1.5d": None,
        "1f": None,
        "0x1p3": None,
        "1e999": None,
        "5%": None,
        "n/a": None,
        ".": None,
    }

    read = _read(spark, double_from_text, [*expected, "NaN", "nan"])

    assert dict(zip(expected, read[:-2], strict=True)) == expected
    assert all(math.isnan(value) for value in read[-2:])


def test_booleans_are_a_closed_list_of_words(spark: SparkSession) -> None:
    yes, no = ["true", "T", "YES", "1", "1.0"], ["False", "f", "no", "0", "0.0"]

    read = _read(spark, boolean_from_text, [*yes, *no, "2", "maybe", "on", "-1"])

    assert read == [True] * 5 + [False] * 5 + [None] * 4


def test_a_type_without_a_rule_is_an_error(spark: SparkSession) -> None:
    with pytest.raises(ValueError, match="decimal"):
        from_text(F.lit("1"), "decimal(10,2)")


def test_every_type_of_the_contract_has_a_rule(spark: SparkSession) -> None:
    for table in TABLES.values():
        for type_name in table.columns.values():
            from_text(F.lit("1"), type_name)


def test_unreadable_values_are_counted_and_null_markers_are_not(spark: SparkSession) -> None:
    raw = spark.createDataFrame(
        [
            ("1", "5", "1.5", "yes", "2025-09-20", "a"),
            ("x", "5.5", "1,5", "maybe", "soon", "NULL"),
            ("", "NULL", "null", "None", "\\N", ""),
            ("  ", None, None, None, None, None),
            ("y", "2.0", "NaN", "0", "1758363503", "  "),
        ],
        "id string, score string, ltv string, head string, seen string, note string",
    )

    counts = unreadable_counts(raw, SMALL).collect()[0].asDict()

    assert counts == {"rows": 5, "id": 2, "score": 1, "ltv": 1, "head": 1, "seen": 1, "note": 0}
    typed = with_declared_types(raw, SMALL)
    assert [field.dataType.simpleString() for field in typed.schema] == list(SMALL.columns.values())
    assert {row.note for row in typed.collect()} == {"a", "NULL", "", None, "  "}
    assert sum(row.score is None for row in typed.collect()) == 3


def test_null_markers_can_be_replaced(spark: SparkSession) -> None:
    raw = spark.createDataFrame([("-",), ("NULL",)], "score string")

    counts = unreadable_counts(raw, SMALL, null_markers=["-"]).collect()[0].asDict()

    assert counts == {"rows": 2, "score": 1}


def test_an_empty_source_counts_zero_and_keeps_all_columns(spark: SparkSession) -> None:
    raw = spark.createDataFrame([], "score string, note string")

    assert unreadable_counts(raw, SMALL).collect()[0].asDict() == {"rows": 0, "score": 0, "note": 0}
    assert with_declared_types(raw, SMALL).columns == list(SMALL.columns)
    assert with_declared_types(raw, SMALL).count() == 0


def test_missing_columns_are_null_and_unknown_columns_are_dropped(spark: SparkSession) -> None:
    raw = spark.createDataFrame([("7", "x")], "` SCORE ` string, extra string")

    rows = with_declared_types(raw, SMALL).collect()

    assert [row.asDict() for row in rows] == [
        {"id": None, "score": 7, "ltv": None, "head": None, "seen": None, "note": None}
    ]


def test_two_source_columns_of_one_name_are_an_error() -> None:
    with pytest.raises(ValueError, match="score"):
        columns_in_source(["score", "Score"], SMALL)


def test_typed_numbers_are_read_by_value_and_misfits_counted(spark: SparkSession) -> None:
    raw = spark.createDataFrame(
        [
            (5.0, 7, decimal.Decimal("1.50"), 1, dt.date(2025, 9, 20), 12),
            (5.5, 3_000_000_000, None, 0, None, None),
            (math.nan, None, None, 5, None, None),
            (9.3e18, None, None, None, None, None),
        ],
        "id double, score bigint, ltv decimal(10,2), head int, seen date, note int",
    )

    counts = unreadable_counts(raw, SMALL).collect()[0].asDict()
    rows = with_declared_types(raw, SMALL).withColumn("seen", F.unix_micros("seen")).collect()

    assert counts == {"rows": 4, "id": 3, "score": 1, "ltv": 0, "head": 1, "seen": 0, "note": 0}
    first = next(row for row in rows if row.id == 5)
    assert tuple(first) == (5, 7, 1.5, True, _utc_micros("2025-09-20T00:00:00+00:00"), "12")


def test_bytes_and_nested_values_are_unreadable(spark: SparkSession) -> None:
    raw = spark.sql("select array(1) as score, cast('abc' as binary) as note, named_struct('a', 1) as seen")

    assert unreadable_counts(raw, SMALL).collect()[0].asDict() == {
        "rows": 1,
        "score": 1,
        "note": 1,
        "seen": 1,
    }
    assert set(with_declared_types(raw, SMALL).collect()[0]) == {None}
