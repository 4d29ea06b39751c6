"""What is told of the place of the results before anything is read."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from deltalake import DeltaTable, write_deltalake

from jobs.engines import Engine
from jobs.errors import Customer360Error, InfrastructureError, InputError, UsageError
from jobs.lake import Lake
from jobs.result_place import may_lose_commits
from jobs.results import ResultStore
from jobs.run import RunOptions, run
from tests.jobs.small_lake import customers, definition_of, write
from transforms.input_tables import VALUE

pytestmark = pytest.mark.usefixtures("hmac_key")

DEFINITION = definition_of(
    cohort=[{"column": "recency_score", "operator": ">=", "value": 3}],
    sections={"cohort_profile": {"measures": [{"column": "adjusted_ltv", "unit": "currency"}]}},
)


@pytest.fixture
def lake(tmp_path: Path) -> Path:
    write(
        tmp_path / "lake", "value", customers(*({"recency_score": n % 5, "adjusted_ltv": 9.0 + n} for n in range(20)))
    )
    return tmp_path / "lake"


def run_at(engine: Engine, lake: Path, results: Path | str, reports: Path | None = None) -> Any:
    places = {"lake": str(lake), "results": str(results), "reports": str(reports or lake.parent / "reports")}
    return run(engine, [DEFINITION], RunOptions(**places))


@pytest.mark.parametrize("way", ["plain", "dots", "link"])
@pytest.mark.parametrize("where", ["lake", "table", "below_table", "reports_in_table"])
def test_results_and_reports_among_the_inputs_are_refused(
    engine: Engine, lake: Path, tmp_path: Path, where: str, way: str
) -> None:
    (tmp_path / "link").symlink_to(lake)
    base = {"plain": lake, "dots": lake / VALUE / "..", "link": tmp_path / "link"}[way]
    place = {"lake": base, "table": base / VALUE}.get(where, base / VALUE / "deep" / "below")
    before = sorted(lake.rglob("*"))
    places = (tmp_path / "results", place) if where == "reports_in_table" else (place,)
    with pytest.raises(UsageError) as raised:
        run_at(engine, lake, *places)
    assert raised.value.exit_code == 2
    said = "are the same place" if where == "lake" else f"lies inside the input table {VALUE}"
    assert said in raised.value.line()
    assert sorted(lake.rglob("*")) == before
    assert not (tmp_path / "results").exists()


def test_results_beside_the_tables_of_a_lake_are_fine(engine: Engine, lake: Path) -> None:
    (outcome,) = run_at(engine, lake, lake / "results")
    assert outcome.published_now


def test_a_place_that_cannot_be_written_is_told_before_anything_is_read(
    engine: Engine, lake: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jobs.run.PinnedInputs", lambda *_: pytest.fail("a table was looked at"))
    (tmp_path / "file").write_text("mine")
    # also the administrator, who may write everywhere else, cannot write there
    for place in (tmp_path / "file" / "results", Path("/proc/results")):
        with pytest.raises(InfrastructureError, match="cannot be written to") as raised:
            run_at(engine, lake, place)
        assert str(place) in raised.value.line()
        assert raised.value.exit_code == 6
    assert (tmp_path / "file").read_text() == "mine"


def test_a_table_of_the_results_that_cannot_be_written_is_told_too(
    engine: Engine, lake: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_at(engine, lake, tmp_path / "results")
    # an administrator may write whatever the mode says
    closed = str(tmp_path / "results" / "measures" / "_delta_log")
    monkeypatch.setattr("jobs.result_place.os.access", lambda place, _: str(place) != closed)
    with pytest.raises(InfrastructureError, match="Permission denied"):
        run_at(engine, lake, tmp_path / "results")


def changed(results: Path, change: Any) -> None:
    table = DeltaTable(results / "measures").to_pyarrow_table()
    shutil.rmtree(results / "measures")
    write_deltalake(results / "measures", change(table))


CHANGES = {
    "a column less": (lambda table: table.drop_columns(["p67"]), "'p67' is missing"),
    "a column more": (lambda t: t.append_column("x", pa.nulls(len(t), pa.string())), "'x' is not of this version"),
    "another type": (
        lambda t: t.set_column(t.schema.get_field_index("n"), "n", t["n"].cast(pa.int32())),
        "'n' has type int, not bigint",
    ),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_result_table_of_another_schema_is_refused_and_left_alone(
    engine: Engine, lake: Path, tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    change, said = CHANGES[name]
    run_at(engine, lake, tmp_path / "results")
    changed(tmp_path / "results", change)
    before = DeltaTable(tmp_path / "results" / "measures").to_pyarrow_table()
    write(lake, "funnel", customers({}))
    monkeypatch.setattr("jobs.analyses.compute", lambda *_: pytest.fail("something was computed"))
    with pytest.raises(InputError, match=f"measures in .* was made by another version: {said}") as raised:
        run_at(engine, lake, tmp_path / "results")
    assert raised.value.exit_code == 3
    after = DeltaTable(tmp_path / "results" / "measures")
    assert (after.version(), after.to_pyarrow_table()) == (0, before)


def test_a_schema_that_changes_during_a_run_publishes_nothing(
    engine: Engine, lake: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    results = tmp_path / "results"
    run_at(engine, lake, results)
    before = ResultStore(engine, Lake.at(str(results))).publication("small")
    write(lake, "funnel", customers({}))
    real = ResultStore.append

    def changed_by_another(store: ResultStore, table: str, rows: Any) -> None:
        real(store, table, rows)
        if table == "runs" and rows[0]["event"] == "started":
            changed(results, lambda rows: rows.drop_columns(["stddev"]))

    monkeypatch.setattr(ResultStore, "append", changed_by_another)
    with pytest.raises(Customer360Error) as raised:
        run_at(engine, lake, results)
    # refused by the engine, or by the audit where the engine writes what fits
    assert raised.value.exit_code in (3, 6, 7)
    assert ResultStore(engine, Lake.at(str(results))).publication("small") == before


@pytest.mark.parametrize(
    ("base", "log_store", "is_databricks", "expected"),
    [
        ("s3a://bucket/results", None, False, True),
        ("S3://bucket/results", "", False, True),
        ("s3a://bucket/results", "io.delta.storage.S3DynamoDBLogStore", False, False),
        ("s3://bucket/results", None, True, False),
        ("abfss://container@account/results", None, False, False),
        ("gs://bucket/results", None, False, False),
        ("/data/results", None, False, False),
        ("main.results", None, False, False),
    ],
)
def test_commits_may_be_lost_on_plain_s3_only(
    base: str, log_store: str | None, is_databricks: bool, expected: bool
) -> None:
    assert may_lose_commits(base, log_store, is_databricks=is_databricks) is expected
