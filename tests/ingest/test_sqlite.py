"""SQLite sources: values typed one by one, several files, hostile content."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession

from jobs.errors import InputError
from jobs.ingest import ingest
from transforms.input_tables import ACTIVITY, ADDRESS, FUNNEL, TABLES, VALUE

Read = Callable[..., list[tuple[Any, ...]]]
Write = Callable[..., Path]


def test_values_keep_what_sqlite_stored_and_misfits_are_counted(
    spark: SparkSession, tmp_path: Path, lake: str, read: Read, sqlite_file: Write
) -> None:
    source = sqlite_file(
        tmp_path / "mart.sqlite",
        "customer360__customer_value_analysis",
        ["primary_email", "recency_score", "estimated_customer_ltv", "marketo_lead_id", "analysis_timestamp"],
        [
            ("a@x.com", 5, 0.1, 9007199254740993, "2025-09-20 18:18:23.377000+08:00"),
            ("b@x.com", "5.0", "12.5", 2.0, 1758363503),
            ("c@x.com", "abc", float("inf"), None, "soon"),
            ("d@x.com", b"\x00\x01", 1e300, "", "2025-02-30"),
            (b"\xff", None, 3, "x", None),
        ],
    )

    (report,) = ingest(spark, str(source), lake=lake)

    assert (report.table, report.rows) == (VALUE, 5)
    assert report.unreadable == {
        "marketo_lead_id": 1,
        "primary_email": 1,
        "recency_score": 2,
        "analysis_timestamp": 2,
    }
    assert len(report.missing_columns) == 32
    assert read(
        "value",
        "primary_email",
        "recency_score",
        "estimated_customer_ltv",
        "marketo_lead_id",
        "analysis_timestamp",
    ) == [
        ("a@x.com", 5, 0.1, 9007199254740993, 1758363503377000),
        ("b@x.com", 5, 12.5, 2, 1758363503000000),
        ("c@x.com", None, float("inf"), None, None),
        ("d@x.com", None, 1e300, None, None),
        (None, None, 3.0, None, None),
    ]


def test_text_that_is_not_utf8_is_counted_not_fatal(
    spark: SparkSession, tmp_path: Path, lake: str, read: Read, sqlite_file: Write
) -> None:
    source = sqlite_file(tmp_path / "mart.db", "address", ["city", "priority"], [("Zürich", 1), ("Bern", 2)])
    with sqlite3.connect(source) as connection:
        connection.execute("UPDATE address SET city = CAST(x'5AFC' AS TEXT) WHERE priority = 1")
    connection.close()

    (report,) = ingest(spark, str(source), lake=lake)

    assert report.unreadable == {"city": 1}
    assert read("address", "city", "priority") == [("Bern", 2), (None, 1)]


def test_a_folder_of_files_brings_one_table_each_and_empty_tables_stay_empty(
    spark: SparkSession, tmp_path: Path, lake: str, read: Read, sqlite_file: Write
) -> None:
    folder = tmp_path / "public data [1]"
    folder.mkdir()
    sqlite_file(folder / "one.sqlite", "Customer360__Customer_Activity_Metrics", list(TABLES["activity"].columns), [])
    sqlite_file(folder / "two.sqlite3", "funnel", list(TABLES["funnel"].columns), [])
    sqlite_file(folder / "customer360__address.db", "data", ["CITY"], [("x",)])
    (folder / "README.txt").write_text("not a table")

    reports = ingest(spark, str(folder), lake=lake)

    assert [(report.table, report.rows) for report in reports] == [(ADDRESS, 1), (FUNNEL, 0), (ACTIVITY, 0)]
    for role in ("activity", "funnel", "address"):
        frame = spark.read.format("delta").load(f"{lake}/{TABLES[role].name}")
        types = {field.name: field.dataType.simpleString() for field in frame.schema}
        assert types == TABLES[role].columns
    assert read("activity", "primary_email") == []
    assert reports[1].missing_columns == ()


def test_many_chunks_arrive_whole(
    spark: SparkSession,
    tmp_path: Path,
    lake: str,
    sqlite_file: Write,
    read: Read,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("jobs.ingest.sqlite_tables.ROWS_PER_CHUNK", 3)
    monkeypatch.setattr("jobs.ingest.staged.ROWS_PER_PART", 6)
    rows = [(f"city {number}", number) for number in range(20)]
    source = sqlite_file(tmp_path / "mart.sqlite", "address", ["city", "rank"], rows)

    (report,) = ingest(spark, str(source), lake=lake)

    assert report.rows == 20
    assert read("address", "city", "rank") == sorted(rows, key=repr)


def test_odd_names_and_text_survive(
    spark: SparkSession, tmp_path: Path, lake: str, read: Read, sqlite_file: Write
) -> None:
    text = 'O\'Neil "Straße"; DROP TABLE x;\r\n--\t\u0000客户 \U0001f600,'
    source = sqlite_file(tmp_path / "mart ?#%.sqlite", "Address", ['"City"', '"odd ""name"""'], [(text, "x")])

    (report,) = ingest(spark, str(source), lake=lake)

    assert report.unknown_columns == ('odd "name"',)
    assert read("address", "city") == [(text,)]


def test_a_file_that_is_not_sqlite_is_an_input_error_without_its_content(
    spark: SparkSession, tmp_path: Path, lake: str
) -> None:
    (tmp_path / "mart.db").write_text("secret@x.com " * 100)

    with pytest.raises(InputError, match="cannot be read as SQLite") as caught:
        ingest(spark, str(tmp_path / "mart.db"), lake=lake)

    assert "secret" not in caught.value.line()
