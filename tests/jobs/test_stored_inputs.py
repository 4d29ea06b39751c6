"""Every source is read once per run, whatever the number of analyses."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from pyspark.sql import DataFrame

from jobs.definition import load_definition
from jobs.engines import Engine
from jobs.generate import generate
from jobs.run import RunOptions, run
from tests.jobs.small_lake import customers, definition_of, stored, write
from transforms.input_tables import TABLES

pytestmark = pytest.mark.usefixtures("no_pictures")

PARTS = {
    "cohort": [{"column": "recency_score", "operator": ">=", "value": 3}],
    "sections": {"cohort_profile": {"measures": [{"column": "customer_health_score", "unit": "points"}]}},
}
# of the shipped ones, two that read every table between them, from two bases
ANALYSES = ("conversion_behaviour", "limited_data_value")


def test_a_source_may_vanish_after_its_one_read(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake = tmp_path / "lake"
    generate(engine.spark, lake=str(lake), shape="first", customers=400, seed=7)
    real = type(engine).materialise
    vanished = []

    def once(self: Engine, frame: DataFrame, name: str) -> DataFrame:
        kept = real(self, frame, name)
        for role, table in TABLES.items():
            if name == f"inputs_0_{role}":
                shutil.rmtree(lake / table.name)
                vanished.append(role)
        return kept

    monkeypatch.setattr(type(engine), "materialise", once)
    monkeypatch.setenv("CUSTOMER360_HMAC_KEY", "a-key-for-the-tests-only")
    options = RunOptions(
        lake=str(lake), results=str(tmp_path / "results"), reports=str(tmp_path / "reports"), languages=("en",)
    )
    outcomes = run(engine, [load_definition(name) for name in ANALYSES], options)
    assert sorted(vanished) == ["activity", "address", "funnel", "value"]
    assert all(outcome.published_now for outcome in outcomes)


def test_only_columns_that_a_definition_reads_are_stored(engine: Engine, tmp_path: Path) -> None:
    for role in ("value", "activity"):
        write(tmp_path, role, customers({}))
    inputs = stored(engine, tmp_path, definition_of(columns={"customer_health_score": "value"}, **PARTS))
    assert "customer_health_score" in inputs.stored["value"].columns
    assert "customer_health_score" not in inputs.stored["activity"].columns
    assert not {"primary_email", "primary_organization", "adjusted_ltv"} & set(inputs.stored["value"].columns)


def test_a_second_choice_is_stored_once_the_first_has_no_rows(engine: Engine, tmp_path: Path) -> None:
    for number, rows in enumerate(([{}], [])):
        lake = tmp_path / str(number)
        write(lake, "value", customers(*rows))
        write(lake, "funnel", customers({"estimated_customer_ltv": 5.0}))
        columns = stored(engine, lake, definition_of(**PARTS)).stored["funnel"].columns
        assert ("estimated_customer_ltv" in columns) == (not rows)
