"""Raw input tables into a DuckDB connection: one table per role, columns as read."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import duckdb
import pyarrow as pa
from deltalake import DeltaTable

TABLES = {
    "activity": "customer360__customer_activity_metrics",
    "funnel": "customer360__conversion_funnel_analysis",
    "value": "customer360__customer_value_analysis",
    "address": "customer360__address",
    "mapping": "customer360__mapping",
}
ROLE_OF = {name: role for role, name in TABLES.items()} | {role: role for role in TABLES}


def published_name(role: str) -> str:
    """Return how result tables name an input table: by its full name, as docs/definitions.md says."""
    return TABLES[role]


def connect(tables: Mapping[str, pa.Table | str | Path]) -> duckdb.DuckDBPyConnection:
    """Open a connection that holds one table per given input table, named by its role.

    Keys are roles or full table names. A value is an Arrow table, a Parquet file or a Delta folder.
    Roles not given are absent.
    """
    con = duckdb.connect()
    con.execute("SET TimeZone = 'UTC'")
    for name, source in tables.items():
        rows = source if isinstance(source, pa.Table) else _read(Path(source))
        con.register("incoming", rows)
        con.execute(f"CREATE TABLE {ROLE_OF[name]} AS SELECT * FROM incoming")
        con.unregister("incoming")
    return con


def load_lake(path: str | Path) -> duckdb.DuckDBPyConnection:
    """Open a connection over a lake folder: one Delta table per folder named as the table."""
    folders = {role: Path(path) / name for role, name in TABLES.items()}
    return connect({role: folder for role, folder in folders.items() if (folder / "_delta_log").is_dir()})


def _read(path: Path) -> object:
    if (path / "_delta_log").is_dir():
        return DeltaTable(str(path)).to_pyarrow_table()
    return duckdb.read_parquet(str(path)).to_arrow_table()


def columns(con: duckdb.DuckDBPyConnection, table: str) -> dict[str, str]:
    """Return name -> DuckDB type in schema order; empty when the table is absent."""
    found = con.execute(
        "SELECT column_name, data_type FROM duckdb_columns() WHERE table_name = ? ORDER BY column_index",
        [table],
    ).fetchall()
    return dict(found)


def rows(con: duckdb.DuckDBPyConnection, sql: str) -> list[dict[str, object]]:
    """Run one query and return its rows as dicts."""
    result = con.execute(sql)
    names = [column[0] for column in result.description or []]
    return [dict(zip(names, row, strict=True)) for row in result.fetchall()]


def one(con: duckdb.DuckDBPyConnection, sql: str) -> dict[str, object]:
    """Run a query of exactly one row."""
    (row,) = rows(con, sql)
    return row
