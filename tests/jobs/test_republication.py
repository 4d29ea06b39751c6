"""The same definition, table versions and code give the same rows, or nothing new is published."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from jobs.engines import Engine
from jobs.errors import ConflictError
from jobs.lake import Lake
from jobs.results import ResultStore
from jobs.run import Outcome, RunOptions, run
from tests.jobs.small_lake import customers, definition_of, write

pytestmark = pytest.mark.usefixtures("no_pictures", "hmac_key")

DEFINITION = definition_of(
    cohort=[{"column": "recency_score", "operator": ">=", "value": 3}],
    sections={"cohort_profile": {"measures": [{"column": "estimated_customer_ltv", "unit": "currency"}]}},
)


@pytest.fixture
def once(engine: Engine, tmp_path: Path) -> Path:
    rows = customers(*({"recency_score": n % 5, "estimated_customer_ltv": 10.0 + n} for n in range(20)))
    write(tmp_path / "lake", "value", rows)
    forced(engine, tmp_path)
    return tmp_path


def forced(engine: Engine, folder: Path) -> Outcome:
    places = {name: str(folder / name) for name in ("lake", "results", "reports")}
    return run(engine, [DEFINITION], RunOptions(**places, force=True))[0]


def changing(table: str, change: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the rows of a table be computed otherwise, as broken code or a changed file would."""
    real = ResultStore.append_all

    def append_all(store: ResultStore, tables: Mapping[str, Sequence[Mapping[str, Any]]]) -> None:
        real(store, {**tables, table: [change(dict(row)) for row in tables[table]]})

    monkeypatch.setattr(ResultStore, "append_all", append_all)


@pytest.mark.parametrize(
    ("table", "change"),
    [
        pytest.param("measures", lambda row: {**row, "mean": (row["mean"] or 0) + 0.01}, id="a double"),
        pytest.param("attrition", lambda row: {**row, "predicate": f"{row['predicate']}?"}, id="a text"),
        pytest.param("measures", lambda row: {**row, "median": None}, id="a value that is missing"),
    ],
)
def test_the_same_run_with_other_rows_is_refused(
    engine: Engine, once: Path, monkeypatch: pytest.MonkeyPatch, table: str, change: Any
) -> None:
    before = ResultStore(engine, Lake.at(str(once / "results"))).publication("small")
    assert before is not None
    changing(table, change, monkeypatch)
    with pytest.raises(ConflictError, match=f"run {before.run_id} of analysis 'small' gave other rows before: {table}"):
        forced(engine, once)
    assert ResultStore(engine, Lake.at(str(once / "results"))).publication("small") == before
    assert len(list((once / "reports" / "small").iterdir())) == 1


def test_noise_of_adding_doubles_in_another_order_is_no_other_content(
    engine: Engine, once: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    changing("measures", lambda row: {**row, "mean": row["mean"] and row["mean"] * (1 + 1e-13)}, monkeypatch)
    assert forced(engine, once).published_now


def test_other_members_are_refused(engine: Engine, once: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from pyspark.sql import functions as F

    real = ResultStore.append_members

    def append_members(store: ResultStore, parts: Any) -> None:
        other = F.concat("customer_key", F.lit("x"))
        real(store, [(identity, frame.withColumn("customer_key", other)) for identity, frame in parts])

    monkeypatch.setattr(ResultStore, "append_members", append_members)
    with pytest.raises(ConflictError, match="gave other rows before: cohort_members"):
        forced(engine, once)


def test_members_under_another_key_are_compared_in_number_only(
    engine: Engine, once: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CUSTOMER360_HMAC_KEY", "another-key-for-the-tests")
    assert forced(engine, once).published_now


def test_a_changed_definition_is_another_run_and_not_compared(engine: Engine, once: Path) -> None:
    places = {name: str(once / name) for name in ("lake", "results", "reports")}
    other = DEFINITION.model_copy(
        update={"minimum_group": 7, "cohort": [DEFINITION.cohort[0].model_copy(update={"value": 2})]}
    )
    assert run(engine, [other], RunOptions(**places))[0].published_now
