"""A lake to write to, and its tables read back as plain rows."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from transforms.input_tables import TABLES

Rows = list[tuple[Any, ...]]


@pytest.fixture
def lake(tmp_path: Path) -> str:
    return str(tmp_path / "lake")


@pytest.fixture
def read(spark: SparkSession, lake: str) -> Callable[..., Rows]:
    """Return `read(role, *columns)`: sorted rows; instants as microseconds since 1970 in UTC."""

    def read_columns(role: str, *columns: str) -> Rows:
        table = TABLES[role]
        frame = spark.read.format("delta").load(f"{lake}/{table.name}")
        selected = [
            F.unix_micros(name).alias(name) if table.columns[name] == "timestamp" else F.col(name) for name in columns
        ]
        return sorted((tuple(row) for row in frame.select(*selected).collect()), key=repr)

    return read_columns


@pytest.fixture
def sqlite_file() -> Callable[..., Path]:
    """Return `sqlite_file(path, table, columns, rows)`: an SQLite file with one untyped table."""

    def write(path: Path, table: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> Path:
        with sqlite3.connect(path) as connection:
            connection.execute(f'CREATE TABLE "{table}" ({", ".join(columns)})')
            marks = ", ".join("?" * len(columns))
            connection.executemany(f'INSERT INTO "{table}" VALUES ({marks})', rows)
        connection.close()
        return path

    return write
