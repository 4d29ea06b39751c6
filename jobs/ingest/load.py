"""Read a source, count what its types cannot hold, then write the tables into the lake."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pyspark.errors import AnalysisException
from pyspark.sql import DataFrame, SparkSession

from jobs import progress
from jobs.errors import AuditError, InputError, UsageError
from jobs.ingest.csv_tables import stage_csv
from jobs.ingest.parquet_tables import stage_parquet
from jobs.ingest.report import IngestReport
from jobs.ingest.source import SourceTable, find_tables, nearest_table, table_named
from jobs.ingest.sqlite_tables import stage_sqlite
from jobs.ingest.staged import Staged
from jobs.lake import Lake
from transforms.declared_types import (
    NULL_MARKERS,
    ROWS,
    columns_in_source,
    unreadable_counts,
    with_declared_types,
)
from transforms.input_tables import TABLES, InputTable


@dataclass(frozen=True, slots=True)
class _Converted:
    table: InputTable
    rows: DataFrame
    report: IngestReport


def ingest(
    spark: SparkSession,
    source: str,
    *,
    lake: str,
    tables: Sequence[str] | None = None,
    overwrite: bool = False,
    null_markers: Sequence[str] = NULL_MARKERS,
    staging_folder: str | None = None,
) -> list[IngestReport]:
    """Bring the customer360 tables of a source into the lake, with declared types.

    Every table is read and counted before the first is written, so a source with an unreadable table changes
    nothing. The writes themselves are one Delta commit per table: a crash between two of them leaves some
    tables new and others not; running again with `overwrite=True` mends that.

    SQLite and CSV (and Parquet that an engine could not read) pass through Parquet files in a temporary
    folder. It is readable by this user only, removed at the end, at most about as large as the source, and
    must be visible to the executors of a cluster.

    Args:
        spark: A session of either engine.
        source: An SQLite, CSV or Parquet file, or a folder of them; tables are named in full, by role, or
            without 'customer360__', in any case.
        lake: Folder, URI or catalog.schema to write to.
        tables: Names or roles to take; None takes every known table of the source.
        overwrite: Replace tables that the lake already has.
        null_markers: Texts that mean null in columns that are not strings, whatever the kind of source.
        staging_folder: Where the temporary folder is made; None is the system's choice.

    Returns:
        One report per table of the source, ingested or skipped, by table name.

    Raises:
        UsageError: A table name is unknown, or the lake has a table already and `overwrite` is False.
        InputError: The source is unreadable, holds no known table or not a wanted one.
        AuditError: The engine read another number of rows than were copied.
    """
    found = find_tables(source)
    chosen = _chosen(found, tables, source)
    target = Lake.at(lake)
    for table in chosen.values():
        _check_target(spark, target, table.name, overwrite=overwrite)
    with tempfile.TemporaryDirectory(prefix="customer360-ingest-", dir=staging_folder) as folder:
        progress.expect(2 * len(chosen))
        converted = [
            _convert(spark, found[place], table, Path(folder) / table.role, null_markers)
            for place, table in chosen.items()
        ]
        for one in converted:
            progress.step(f"writing {one.table.name}")
            _save(one.rows, target, one.table.name)
    skipped = [] if tables is not None else [_skipped(one) for one in found if one.table is None]
    return sorted([one.report for one in converted] + skipped, key=lambda report: report.table)


def _chosen(found: Sequence[SourceTable], tables: Sequence[str] | None, source: str) -> dict[int, InputTable]:
    """Return the place in `found` and the contract of every table to take."""
    known = {place: one.table for place, one in enumerate(found) if one.table is not None}
    if tables is None:
        return known
    wanted: dict[str, None] = {}
    for name in tables:
        table = table_named(name)
        if table is None:
            raise UsageError(f"unknown table '{name}'{nearest_table(name)}", advice=f"roles: {', '.join(TABLES)}")
        if table not in known.values():
            held = ", ".join(held.role for held in known.values())
            raise InputError(
                f"ingest source '{source}' has no table {table.name}; it has: {held}",
                advice="leave it out of the tables to ingest",
            )
        wanted[table.name] = None
    return {place: table for place, table in known.items() if table.name in wanted}


def _convert(
    spark: SparkSession, found: SourceTable, table: InputTable, folder: Path, null_markers: Sequence[str]
) -> _Converted:
    progress.step(f"reading {table.name}")
    staged = _stage(found, table, folder)
    raw = spark.read.parquet(*(str(file) for file in staged.files))
    counts = unreadable_counts(raw, table, null_markers=null_markers).collect()[0].asDict()
    rows = int(counts.pop(ROWS))
    if rows != staged.rows:
        raise AuditError(
            f"{table.name}: {rows} rows read by the engine, {staged.rows} in the source; nothing was written",
            advice="on a cluster, choose a staging folder that every executor sees",
        )
    unreadable = {
        column: count
        for column in table.columns
        if (count := int(counts.get(column, 0)) + staged.refused.get(column, 0))
    }
    names = columns_in_source(raw.columns, table)
    report = IngestReport(
        table=table.name,
        rows=rows,
        unreadable=unreadable,
        missing_columns=tuple(column for column in table.columns if column not in names),
        unknown_columns=staged.unknown_columns,
    )
    return _Converted(table, with_declared_types(raw, table, null_markers=null_markers), report)


def _stage(found: SourceTable, table: InputTable, folder: Path) -> Staged:
    if found.kind == "sqlite":
        return stage_sqlite(found.files[0], found.inner_name or found.name, table, folder)
    if found.kind == "csv":
        return stage_csv(found.files, table, folder)
    return stage_parquet(found.files, table, folder)


def _skipped(found: SourceTable) -> IngestReport:
    return IngestReport(table=found.name, rows=0, skipped=f"not a customer360 table{nearest_table(found.name)}")


def _check_target(spark: SparkSession, lake: Lake, table: str, *, overwrite: bool) -> None:
    exists = _exists(spark, lake, table)
    if exists and not overwrite:
        raise UsageError(
            f"{lake.target(table)} exists already; nothing was written",
            advice="pass --overwrite to replace it, or choose another lake",
        )
    place = Path(lake.target(table))
    if not exists and not lake.is_catalog and place.is_dir() and any(place.iterdir()):
        raise UsageError(
            f"{lake.target(table)} is not empty and not a Delta table; nothing was written",
            advice="choose another lake, or move the folder away",
        )


def _exists(spark: SparkSession, lake: Lake, table: str) -> bool:
    try:
        return bool(lake.read(spark, table).schema.fields)
    except AnalysisException:
        return False


def _save(rows: DataFrame, lake: Lake, table: str) -> None:
    writer = rows.write.format("delta").mode("overwrite").option("overwriteSchema", "true")
    if lake.is_catalog:
        writer.saveAsTable(lake.target(table))
    else:
        writer.save(lake.target(table))
