"""Parquet sources: already typed columns, what pandas writes, part files."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyspark.sql import SparkSession

from jobs.errors import InputError
from jobs.ingest import ingest
from transforms.input_tables import TABLES

Read = Callable[..., list[tuple[Any, ...]]]

MOMENT = dt.datetime(2025, 9, 20, 18, 18, 23, 377000)
MICROS = 1758392303377000


def test_typed_columns_are_kept_and_other_types_are_cast_and_counted(
    spark: SparkSession, tmp_path: Path, lake: str, read: Read
) -> None:
    rows = pa.table(
        {
            "primary_email": pa.array(["a", "b", "c"]),
            "marketo_lead_id": pa.array([7.0, None, 7.5], pa.float64()),
            "recency_score": pa.array([3, 4, 2**40], pa.int64()),
            "estimated_customer_ltv": pa.array(["1.5", "NaN", "x"]),
            "customer_health_score": pa.array([1, 2, None], pa.int32()),
            "rfm_score": pa.array([555, None, 111], pa.int64()),
            "analysis_timestamp": pa.array([MOMENT, None, MOMENT], pa.timestamp("us", "UTC")),
            "Shoe_Size": pa.array([1, 2, 3]),
        }
    )
    pq.write_table(rows, tmp_path / "value.parquet")

    (report,) = ingest(spark, str(tmp_path / "value.parquet"), lake=lake)

    assert report.unreadable == {"marketo_lead_id": 1, "recency_score": 1, "estimated_customer_ltv": 1}
    assert report.unknown_columns == ("Shoe_Size",)
    columns = ("primary_email", "marketo_lead_id", "recency_score", "customer_health_score", "rfm_score")
    assert read("value", *columns, "analysis_timestamp") == [
        ("a", 7, 3, 1.0, "555", MICROS),
        ("b", None, 4, 2.0, None, None),
        ("c", None, None, None, "111", MICROS),
    ]


@pytest.mark.parametrize("unit", ["ns", "us", "ms"])
@pytest.mark.parametrize("zone", [None, "UTC", "Asia/Shanghai"])
def test_timestamps_of_every_unit_are_the_same_instant_and_without_zone_utc(
    spark: SparkSession, tmp_path: Path, lake: str, read: Read, unit: str, zone: str | None
) -> None:
    rows = pa.table({"primary_email": ["a"], "analysis_timestamp": pa.array([MOMENT], pa.timestamp(unit, zone))})
    pq.write_table(rows, tmp_path / "value.parquet")

    (report,) = ingest(spark, str(tmp_path), lake=lake)

    assert report.unreadable == {}
    assert read("value", "analysis_timestamp") == [(MICROS,)]


def test_types_that_an_engine_cannot_read_are_brought_over(
    spark: SparkSession, tmp_path: Path, lake: str, read: Read
) -> None:
    rows = pa.table(
        {
            "city": pa.array(["a"]).dictionary_encode(),
            "state": pa.array(["b"], pa.large_string()),
            "country": pa.nulls(1),
            "priority": pa.array([4_000_000_000], pa.uint32()),
            "rank": pa.array([5], pa.uint64()),
        }
    )
    pq.write_table(rows, tmp_path / "address.parquet")

    (report,) = ingest(spark, str(tmp_path), lake=lake)

    assert report.unreadable == {"priority": 1}
    assert read("address", "city", "state", "country", "priority", "rank") == [("a", "b", None, None, 5)]


@pytest.mark.parametrize("folder_name", ["address", "customer360__address.parquet", "Address"])
def test_a_folder_of_part_files_is_one_table(
    spark: SparkSession, tmp_path: Path, lake: str, read: Read, folder_name: str
) -> None:
    folder = tmp_path / "odd [name], 100%" / folder_name
    folder.mkdir(parents=True)
    for number in range(3):
        pq.write_table(pa.table({"city": [f"c{number}"]}), folder / f"part-{number}.snappy.parquet")

    (report,) = ingest(spark, str(folder.parent), lake=lake)

    assert report.rows == 3
    assert read("address", "city") == [("c0",), ("c1",), ("c2",)]


def test_part_files_that_differ_in_a_type_are_refused_by_column(spark: SparkSession, tmp_path: Path, lake: str) -> None:
    folder = tmp_path / "address"
    folder.mkdir()
    pq.write_table(pa.table({"city": ["a"], "rank": [1]}), folder / "part-0.parquet")
    pq.write_table(pa.table({"city": ["a"], "rank": ["1"]}), folder / "part-1.parquet")

    with pytest.raises(InputError, match="differ in names or types of rank"):
        ingest(spark, str(folder), lake=lake)


def test_an_empty_typed_table_arrives_empty(spark: SparkSession, tmp_path: Path, lake: str, read: Read) -> None:
    types = {"string": pa.string(), "int": pa.int32()}
    columns = {name: pa.array([], types[kind]) for name, kind in TABLES["address"].columns.items()}
    pq.write_table(pa.table(columns), tmp_path / "address.parquet")

    (report,) = ingest(spark, str(tmp_path), lake=lake)

    assert (report.rows, report.missing_columns, report.unknown_columns) == (0, (), ())
    assert read("address", "city") == []


def test_a_damaged_file_is_an_input_error(spark: SparkSession, tmp_path: Path, lake: str) -> None:
    (tmp_path / "address.parquet").write_bytes(b"PAR1 secret")

    with pytest.raises(InputError, match="cannot be read as Parquet") as caught:
        ingest(spark, str(tmp_path), lake=lake)

    assert "secret" not in caught.value.line()


def test_a_partitioned_folder_is_refused_instead_of_read_in_part(
    spark: SparkSession, tmp_path: Path, lake: str
) -> None:
    folder = tmp_path / "address" / "country=CH"
    folder.mkdir(parents=True)
    pq.write_table(pa.table({"city": ["a"]}), folder / "part-0.parquet")

    with pytest.raises(InputError, match="partitioned"):
        ingest(spark, str(tmp_path), lake=lake)
