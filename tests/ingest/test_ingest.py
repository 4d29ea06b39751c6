"""Which tables are taken, when a lake is touched, and what is reported."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession

from jobs.errors import InputError, UsageError
from jobs.ingest import IngestReport, format_reports, ingest
from transforms.input_tables import ACTIVITY, ADDRESS, MAPPING, VALUE

Read = Callable[..., list[tuple[Any, ...]]]


def _csv(folder: Path, **contents: str) -> str:
    folder.mkdir(exist_ok=True)
    for name, content in contents.items():
        (folder / f"{name}.csv").write_text(content)
    return str(folder)


def test_tables_are_known_by_role_by_short_and_by_full_name_in_any_case(
    spark: SparkSession, tmp_path: Path, lake: str
) -> None:
    source = _csv(
        tmp_path / "source",
        VALUE="primary_email\na\n",
        customer_activity_metrics="primary_email\na\n",
        Customer360__Address="city\na\n",
    )

    reports = ingest(spark, source, lake=lake)

    assert [report.table for report in reports] == [ADDRESS, ACTIVITY, VALUE]


def test_unknown_tables_are_listed_with_the_nearest_name(spark: SparkSession, tmp_path: Path, lake: str) -> None:
    reports = ingest(spark, _csv(tmp_path / "source", address="city\na\n", adress_old="city\nb\n"), lake=lake)

    assert [(report.table, report.skipped) for report in reports] == [
        ("adress_old", "not a customer360 table; nearest: 'address'"),
        (ADDRESS, None),
    ]


def test_a_source_without_any_known_table_is_an_input_error(spark: SparkSession, tmp_path: Path, lake: str) -> None:
    with pytest.raises(InputError, match="adress_old; nearest: 'address'") as caught:
        ingest(spark, _csv(tmp_path / "source", adress_old="city\nb\n"), lake=lake)
    assert caught.value.exit_code == 3
    with pytest.raises(InputError, match=r"found: no \.sqlite"):
        ingest(spark, _csv(tmp_path / "nothing"), lake=lake)
    with pytest.raises(InputError, match="does not exist"):
        ingest(spark, str(tmp_path / "nowhere"), lake=lake)


def test_one_table_under_two_names_is_an_input_error(spark: SparkSession, tmp_path: Path, lake: str) -> None:
    source = _csv(tmp_path / "source", address="city\na\n", customer360__address="city\na\n")

    with pytest.raises(InputError, match="twice"):
        ingest(spark, source, lake=lake)


def test_only_the_wanted_tables_are_read(spark: SparkSession, tmp_path: Path, lake: str) -> None:
    source = _csv(tmp_path / "source", address="city\na\n", mapping="broken header only\n", other="x\n1\n")

    reports = ingest(spark, source, lake=lake, tables=["Address"])

    assert [report.table for report in reports] == [ADDRESS]
    with pytest.raises(UsageError, match="unknown table 'adress'; nearest: 'address'"):
        ingest(spark, source, lake=lake, tables=["adress"])
    with pytest.raises(InputError, match=r"has no table .*; it has: address, mapping"):
        ingest(spark, source, lake=lake, tables=["value"])


def test_an_existing_table_is_replaced_only_on_request(
    spark: SparkSession, tmp_path: Path, lake: str, read: Read
) -> None:
    ingest(spark, _csv(tmp_path / "source", address="city\na\n"), lake=lake)
    source = _csv(tmp_path / "source", address="city\nb\n", mapping="customer360_id\nm\n")

    with pytest.raises(UsageError, match="exists already") as caught:
        ingest(spark, source, lake=lake)

    assert "--overwrite" in caught.value.line()
    assert read("address", "city") == [("a",)]
    assert not (Path(lake) / MAPPING).exists()
    ingest(spark, source, lake=lake, overwrite=True)
    assert read("address", "city") == [("b",)]
    assert read("mapping", "customer360_id") == [("m",)]


def test_overwriting_a_table_of_another_schema_gives_the_declared_one(
    spark: SparkSession, tmp_path: Path, lake: str, read: Read
) -> None:
    spark.createDataFrame([("x", 1)], "city string, rank string").write.format("delta").save(f"{lake}/{ADDRESS}")

    ingest(spark, _csv(tmp_path / "source", address="city,rank\na,1\n"), lake=lake, overwrite=True)

    assert read("address", "city", "rank") == [("a", 1)]


def test_nothing_is_written_when_a_later_table_cannot_be_read(spark: SparkSession, tmp_path: Path, lake: str) -> None:
    source = _csv(tmp_path / "source", address="city\na\n", value="primary_email\na,b\n")

    with pytest.raises(InputError, match="fields"):
        ingest(spark, source, lake=lake)

    assert not Path(lake).exists()


def test_a_folder_that_is_no_delta_table_is_never_written_over(spark: SparkSession, tmp_path: Path, lake: str) -> None:
    mine = Path(lake) / ADDRESS / "mine.txt"
    mine.parent.mkdir(parents=True)
    mine.write_text("keep")

    with pytest.raises(UsageError, match="not a Delta table"):
        ingest(spark, _csv(tmp_path / "source", address="city\na\n"), lake=lake, overwrite=True)

    assert [child.name for child in mine.parent.iterdir()] == ["mine.txt"]


def test_a_delta_table_or_a_remote_path_is_no_source(spark: SparkSession, tmp_path: Path, lake: str) -> None:
    ingest(spark, _csv(tmp_path / "source", address="city\na\n"), lake=lake)

    with pytest.raises(InputError, match="Delta table already"):
        ingest(spark, f"{lake}/{ADDRESS}", lake=str(tmp_path / "other"))
    with pytest.raises(UsageError, match="not a local path"):
        ingest(spark, "s3://bucket/data", lake=lake)


def test_staged_copies_are_removed(spark: SparkSession, tmp_path: Path, lake: str) -> None:
    staging = tmp_path / "staging"
    staging.mkdir()

    ingest(spark, _csv(tmp_path / "source", address="city\na\n"), lake=lake, staging_folder=str(staging))

    assert list(staging.iterdir()) == []


def test_the_printed_table_holds_names_and_counts() -> None:
    reports = [
        IngestReport("customer360__address", 90_069, {"priority": 1_200, "rank": 1}, ("state",), ("zip",)),
        IngestReport("customer360__mapping", 0),
        IngestReport("adress_old", 0, skipped="not a customer360 table; nearest: 'address'"),
    ]

    assert format_reports(reports).splitlines() == [
        "table                    rows  unreadable  missing columns  unknown columns",
        "customer360__address   90,069       1,201                1                1",
        "    unreadable, now null: priority 1,200, rank 1",
        "    missing, now all null: state",
        "    unknown, not copied: zip",
        "customer360__mapping        0           0                0                0",
        "adress_old            skipped",
        "    not a customer360 table; nearest: 'address'",
    ]
