"""How result tables are made: comments, NOT NULL and CHECK constraints, also where runs meet."""

from __future__ import annotations

import datetime as dt
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from deltalake import DeltaTable

from jobs.engines import Engine
from jobs.lake import Lake
from jobs.results import ResultStore
from transforms import result_columns, result_tables

IDENTITY = {"run_id": "r", "attempt_id": "a", "analysis": "x"}
EVENT = {**IDENTITY, "event": "started", "at": dt.datetime(2026, 1, 1, tzinfo=dt.UTC)}
QUALITY = {**IDENTITY, "check_name": "c", "severity": "info", "passed": True, "message_id": "m"}


def store_at(engine: Engine, folder: Path) -> ResultStore:
    return ResultStore(engine, Lake.at(str(folder)))


@pytest.mark.parametrize("table", result_tables.NAMES)
def test_every_column_has_a_comment_and_required_ones_exist(table: str) -> None:
    types = result_columns.types(table)
    assert list(types) == result_tables.columns(table)
    assert all(result_columns.comment(table, column) for column in types)
    assert result_columns.required(table) <= set(types)


def test_a_table_is_made_with_comments_required_columns_and_constraints(engine: Engine, tmp_path: Path) -> None:
    store_at(engine, tmp_path).append("runs", [EVENT])
    table = DeltaTable(tmp_path / "runs")
    fields = {field.name: field for field in table.schema().fields}
    assert list(fields) == result_tables.columns("runs")
    assert {name for name, field in fields.items() if not field.nullable} == result_columns.required("runs")
    assert fields["seconds"].metadata["comment"] == result_columns.comment("runs", "seconds")
    (constraint,) = table.metadata().configuration.items()
    assert constraint[0] == "delta.constraints.event"
    # the text is the engine's own: IN may have become OR
    assert "succeeded" in constraint[1]


@pytest.mark.parametrize(
    ("table", "row", "broken"),
    [
        pytest.param("runs", EVENT, {"event": "paused"}, id="unknown_event"),
        pytest.param("runs", EVENT, {"run_id": None}, id="no_run"),
        pytest.param("quality", QUALITY, {"severity": "fatal"}, id="unknown_severity"),
        pytest.param("quality", QUALITY, {"passed": None}, id="neither_passed_nor_failed"),
    ],
)
def test_a_row_that_breaks_a_constraint_is_not_written(
    engine: Engine, tmp_path: Path, table: str, row: dict[str, Any], broken: dict[str, Any]
) -> None:
    store = store_at(engine, tmp_path)
    store.append(table, [row])
    with pytest.raises(Exception, match=r"(?i)constraint|not null|invariant"):
        store.append(table, [{**row, **broken}])
    assert store.staged(table, "x", "a").count() == 1


def test_a_table_without_constraints_is_left_as_it_is(engine: Engine, tmp_path: Path) -> None:
    """Results of an older version stay readable and writable."""
    old = engine.spark.createDataFrame([], result_tables.ddl("changes"))
    Lake.at(str(tmp_path)).save(old, "changes", mode="append")
    before = DeltaTable(tmp_path / "changes").schema()
    store_at(engine, tmp_path).append("changes", [{**IDENTITY, "figure": "n_cohort"}])
    assert DeltaTable(tmp_path / "changes").schema() == before


def test_runs_that_create_a_table_at_once_both_append(engine: Engine, tmp_path: Path) -> None:
    def append(attempt: str) -> None:
        store_at(engine, tmp_path).append("runs", [{**EVENT, "attempt_id": attempt}])

    with ThreadPoolExecutor(4) as pool:
        for done in [pool.submit(append, str(number)) for number in range(4)]:
            done.result()
    assert {row["attempt_id"] for row in engine.spark.read.format("delta").load(str(tmp_path / "runs")).collect()} == {
        "0", "1", "2", "3",
    }  # fmt: skip
