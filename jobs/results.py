"""The result tables: staged by blind appends, visible through one pointer row per analysis."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial, reduce
from typing import Any

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from jobs.bounded import ROW_CAP, collect_rows
from jobs.engines.base import Engine, NewColumn
from jobs.engines.failures import reading, writing
from jobs.engines.table_names import sql_name
from jobs.errors import ConflictError, InputError, UsageError, nearest
from jobs.lake import Lake
from jobs.local_frames import local_frame
from jobs.publications.pointer import Publication
from transforms import result_columns, result_tables
from transforms.result_tables import STAGED

# Small tables wait for commits, not for cores.
_WRITERS = 4
# Pointers of all analyses share one table: a commit for another one makes ours try again.
_TRIES = 8
# How the engines say that another commit came first.
_COLLISION = re.compile(r"concurrent|failed to commit transaction|(protocol|metadata)[ _]changed", re.IGNORECASE)

# What orders rows that come back from a table, so that two reads print the same report.
_SORT = (
    "step", "priority", "section", "group_name", "stratum", "measure", "dimension", "row_dimension",
    "row_value", "column_value", "value", "group_a", "group_b", "x", "y", "method", "left_table",
    "right_table", "key", "table_name", "check_name", "column_name", "figure", "cause", "at",
)  # fmt: skip

Row = dict[str, Any]


class ResultStore:
    """The result tables of one folder or schema."""

    def __init__(self, engine: Engine, lake: Lake) -> None:
        self._engine = engine
        self.lake = lake
        self._there: set[str] = set()

    @property
    def spark(self) -> SparkSession:
        """The engine's session."""
        return self._engine.spark

    def exists(self, table: str) -> bool:
        """Whether the result table has been created."""
        found = self._engine.table_version(self.lake.target(table)) is not None
        if found:
            self._there.add(table)
        return found

    def create(self, table: str) -> None:
        """Create a result table with comments and constraints, unless it is there: then it stays as it is."""
        if table in self._there or self.exists(table):
            return
        required, checks = result_columns.required(table), result_columns.CHECKS.get(table, {})
        columns = [
            NewColumn(name, kind, result_columns.comment(table, name), name in required)
            for name, kind in result_columns.types(table).items()
        ]
        with writing(f"{table} in {self.lake.base}"):
            self._engine.create_table(self.lake.target(table), columns, checks)
        self._there.add(table)

    def append(self, table: str, rows: Sequence[Mapping[str, Any]]) -> None:
        """Append driver rows in the published column order; creates the table at first use.

        Rows may leave columns out (null). Nothing is written for no rows once the table exists.
        """
        self.create(table)
        if rows:
            frame = local_frame(self._engine.spark, rows, result_tables.ddl(table))
            self._save(frame.coalesce(1), table)

    def append_all(self, tables: Mapping[str, Sequence[Mapping[str, Any]]]) -> None:
        """Append to several tables, one commit each, a few at a time."""
        self._in_threads([partial(self.append, table, rows) for table, rows in tables.items()])

    def append_members(self, parts: Sequence[tuple[Mapping[str, str], DataFrame]]) -> None:
        """Append cohort members (they never come to the driver): per analysis its identity and its frame."""
        # readers find the table, empty, where no analysis has a cohort
        self.create("cohort_members")
        if not parts:
            return
        rows = [self._member_rows(identity, members) for identity, members in parts]
        self._save(reduce(DataFrame.unionByName, rows), "cohort_members")

    def _member_rows(self, identity: Mapping[str, str], members: DataFrame) -> DataFrame:
        known = {name: F.col(name) for name in members.columns}
        known |= {name: F.lit(value) for name, value in identity.items()}
        empty = local_frame(self._engine.spark, [], result_tables.ddl("cohort_members"))
        # by name: a type object goes to a Spark Connect server with its collation, which few readers of Delta know
        types = {field.name: field.dataType.simpleString() for field in empty.schema.fields}
        names = result_tables.columns("cohort_members")
        return members.select(*(known.get(name, F.lit(None)).cast(types[name]).alias(name) for name in names))

    def _save(self, frame: DataFrame, table: str) -> None:
        """Append; where another run made the table in this moment, once more: nothing of ours was committed then."""
        with writing(f"{table} in {self.lake.base}"):
            for left in reversed(range(_TRIES)):
                try:
                    self.lake.save(frame, table, mode="append")
                except Exception as error:
                    if not left or not _COLLISION.search(str(error)):
                        raise
                else:
                    return

    def staged(self, table: str, analysis: str, attempt_id: str) -> DataFrame:
        """Return the rows one attempt staged for one analysis."""
        rows = self.lake.read(self._engine.spark, table)
        return rows.filter((F.col("attempt_id") == attempt_id) & (F.col("analysis") == analysis))

    def count_members(self, attempt_id: str) -> dict[str, int]:
        """Return how many cohort members one attempt staged, by analysis: of the files, not of the log."""
        with reading(f"cohort_members in {self.lake.base}"):
            rows = self.lake.read(self._engine.spark, "cohort_members").filter(F.col("attempt_id") == attempt_id)
            counted = collect_rows(rows.groupBy("analysis").agg(F.count(F.lit(1)).alias("n")), "cohort_members")
        return {row["analysis"]: int(row["n"]) for row in counted}

    def staged_rows(self, analysis: str, attempt_id: str) -> dict[str, list[Row]]:
        """Read back everything an attempt staged for an analysis but its members, sorted."""
        return self.staged_by_analysis([analysis], attempt_id)[analysis]

    def staged_by_analysis(self, analyses: Sequence[str], attempt_id: str) -> dict[str, dict[str, list[Row]]]:
        """Read back everything an attempt staged for several analyses; each table is read once."""
        tables = [name for name in (*STAGED, "runs") if name != "cohort_members"]
        found: dict[str, dict[str, list[Row]]] = {analysis: {} for analysis in analyses}

        def read(table: str) -> None:
            rows: list[Row] = []
            # a table that came with a later version of the product holds nothing of an older attempt
            with reading(f"{table} in {self.lake.base}"):
                if self.exists(table):
                    staged = self.lake.read(self._engine.spark, table).filter(
                        (F.col("attempt_id") == attempt_id) & F.col("analysis").isin(list(analyses))
                    )
                    rows = collect_rows(staged, table, cap=ROW_CAP * len(analyses))
            for analysis in analyses:
                found[analysis][table] = sorted((row for row in rows if row["analysis"] == analysis), key=_sort_key)

        self._in_threads([partial(read, table) for table in tables])
        return {analysis: {table: found[analysis][table] for table in tables} for analysis in analyses}

    def delete_attempts(self, table: str, attempts: Sequence[str]) -> None:
        """Delete the rows of attempts named one by one; rows that another run stages meanwhile stay."""
        # attempt ids are hexadecimal numbers of our own
        listed = ", ".join(f"'{attempt}'" for attempt in attempts if attempt.isalnum())
        if not listed:
            return
        target = sql_name(self.lake.target(table))
        self._engine.spark.sql(f"DELETE FROM {target} WHERE attempt_id IN ({listed})").collect()

    def publication(self, analysis: str) -> Publication | None:
        """Return the current pointer of an analysis."""
        if not self.exists("publications"):
            return None
        rows = self.lake.read(self._engine.spark, "publications")
        found = collect_rows(rows.filter(F.col("analysis") == analysis), "publications", cap=1)
        return Publication(**found[0]) if found else None

    def publications(self) -> list[Publication]:
        """Return the current pointers of all analyses, by name."""
        if not self.exists("publications"):
            return []
        found = collect_rows(self.lake.read(self._engine.spark, "publications"), "publications")
        return sorted((Publication(**row) for row in found), key=lambda publication: publication.analysis)

    def publish(self, wanted: Publication, expected_generation: int) -> None:
        """Move the pointer in one conditional commit, then read it back.

        Raises:
            ConflictError: Another run moved the pointer first.
        """
        self.create("publications")
        row = {name: getattr(wanted, name) for name in Publication.__slots__}
        columns = result_tables.columns("publications")
        source = f"publication_{uuid.uuid4().hex}"
        frame = local_frame(self._engine.spark, [row], result_tables.ddl("publications"))
        frame.createOrReplaceTempView(source)
        moved = ", ".join(f"{name} = s.{name}" for name in columns if name != "analysis")
        merge = (
            f"MERGE INTO {sql_name(self.lake.target('publications'))} AS t USING {source} AS s"
            f" ON t.analysis = s.analysis"
            f" WHEN MATCHED AND t.generation = {int(expected_generation)} THEN UPDATE SET {moved}"
            f" WHEN NOT MATCHED THEN INSERT ({', '.join(columns)})"
            f" VALUES ({', '.join(f's.{name}' for name in columns)})"
        )
        failed: Exception | None
        try:
            for _ in range(_TRIES):
                try:
                    self._engine.spark.sql(merge).collect()
                except Exception as error:
                    failed = None if _COLLISION.search(str(error)) else error
                else:
                    failed = None
                # also after a failure: a commit may have succeeded and its answer been lost
                current = self.publication(wanted.analysis)
                if current is not None and current.attempt_id == wanted.attempt_id:
                    return
                if failed is not None:
                    raise failed
                if (current.generation if current else 0) != expected_generation:
                    raise _lost(wanted.analysis)
                # only the table moved, for another analysis: this pointer is still where it was expected
        finally:
            self._engine.spark.catalog.dropTempView(source)
        raise _lost(wanted.analysis)

    def _in_threads(self, tasks: Iterable[Callable[[], None]]) -> None:
        with ThreadPoolExecutor(max_workers=_WRITERS) as pool:
            for done in [pool.submit(task) for task in tasks]:
                done.result()


def published(spark: SparkSession, results: str, table: str) -> DataFrame:
    """Return the published rows of a result table: those the pointers of `publications` name.

    Raises:
        UsageError: `table` is no result table.
    """
    if table not in result_tables.NAMES:
        raise UsageError(
            f"'{table}' is no result table; expected one of {', '.join(result_tables.NAMES)}"
            f"{nearest(table, result_tables.NAMES)}"
        )
    lake = Lake.at(results)
    rows = lake.read(spark, table)
    if table == "publications":
        return rows
    pointers = lake.read(spark, "publications").select("analysis", "attempt_id")
    return rows.join(F.broadcast(pointers), on=["analysis", "attempt_id"], how="left_semi")


def published_or_error(store: ResultStore, analysis: str) -> Publication:
    """Return the pointer of an analysis.

    Raises:
        InputError: Nothing is published for it yet.
    """
    found = store.publication(analysis)
    if found is None:
        raise InputError(
            f"nothing is published for analysis '{analysis}' in {store.lake.base}",
            advice=f"run it first: customer360 run {analysis} --lake LAKE --results {store.lake.base}",
        )
    return found


def _lost(analysis: str) -> ConflictError:
    return ConflictError(
        f"another run published analysis '{analysis}' first; this run's rows stay invisible",
        advice="run again if the newer publication is not what you want",
    )


def _sort_key(row: Mapping[str, Any]) -> tuple[tuple[bool, Any], ...]:
    values = (row.get(name) for name in _SORT)
    return tuple((value is None, "" if value is None else value) for value in values)
