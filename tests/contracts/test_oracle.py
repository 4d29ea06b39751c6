"""Every rule over generated lakes against the oracle, which reads the contract itself."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest

from jobs.contracts.evaluate import findings
from jobs.contracts.loading import load_contracts
from jobs.contracts.model import Contract
from jobs.engines import Engine
from jobs.generate import generate
from jobs.inputs import Inputs, read_inputs
from jobs.lake import Lake
from jobs.stored_inputs import store_inputs
from tests.jobs.small_lake import KEY
from tests.oracle.contracts import contract_rows, shipped_contracts, sort_key
from tests.oracle.lake import load_lake
from transforms.input_tables import TABLES

REFERENCE = dt.datetime(2026, 1, 1, 6, tzinfo=dt.UTC)
CUSTOMERS: dict[str, Any] = {
    "columns": [{"column": "customer_segment", "severity": "error"}],
    "key": [{"severity": "warning"}, {"tolerance": 0.01, "severity": "info"}],
    "snapshot": [{"maximum_age_days": 30.5, "maximum_ahead_days": 0, "severity": "warning"}],
    "ranges": [
        {"column": "customer_health_score", "minimum": 2.5, "maximum": 60, "tolerance": 0.25, "severity": "error"},
        {"column": "account_age_days", "minimum": 400, "severity": "info"},
        {"column": "account_age_days", "maximum": 400, "tolerance": 0.9, "severity": "info"},
    ],
    "values": [
        {"column": "customer_segment", "allowed": ["SMB", "At Risk"], "tolerance": 0.5, "severity": "warning"},
        {"column": "account_age_days", "allowed": [1, 2, 3], "severity": "warning"},
    ],
    "rows": [{"minimum": 1000, "severity": "warning"}],
}
WIDE: dict[str, dict[str, Any]] = {
    **{
        role: {
            "contract": role,
            **CUSTOMERS,
            "relations": [
                {"to": other, "minimum_match_rate": 0.97, "maximum_fan_out": 3, "severity": "warning"}
                for other in ("activity", "funnel", "value")
                if other != role
            ],
        }
        for role in ("activity", "funnel", "value")
    },
    "address": {
        "contract": "address",
        "key": [{"severity": "error"}],
        "ranges": [{"column": "priority", "minimum": 2, "severity": "info"}],
        "values": [{"column": "source_system", "allowed": ["stripe"], "tolerance": 0.6, "severity": "error"}],
    },
    "mapping": {
        "contract": "mapping",
        "values": [{"column": "is_organization_header", "allowed": [True], "severity": "info"}],
        "ranges": [{"column": "marketo_lead_id", "minimum": 100_500, "severity": "info"}],
    },
}


@pytest.fixture(scope="module", params=["first", "second", "scale"])
def lake(engine: Engine, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp(request.param) / "lake"
    generate(engine.spark, lake=str(folder), shape=request.param, customers=400, seed=11, mapping=True)
    return folder


def stored(engine: Engine, lake: Path, contracts: dict[str, Contract]) -> Inputs:
    inputs = read_inputs(engine, Lake.at(str(lake)))
    inputs.contracts = contracts
    store_inputs(engine, inputs, [], KEY, addresses=True)
    return inputs


def rows(inputs: Inputs) -> list[dict[str, Any]]:
    return sorted((one.row() for one in findings(inputs, tuple(TABLES), REFERENCE, {})), key=sort_key)


def test_every_kind_of_rule_equals_the_oracle(engine: Engine, lake: Path) -> None:
    asked = {role: Contract.model_validate(contract) for role, contract in WIDE.items()}
    ours = rows(stored(engine, lake, asked))
    assert ours == contract_rows(load_lake(lake), WIDE, places=True, reference=REFERENCE)
    assert {row["passed"] for row in ours} == {True, False}


def test_the_shipped_contracts_equal_the_oracle_and_no_rule_of_theirs_is_an_error(engine: Engine, lake: Path) -> None:
    ours = rows(stored(engine, lake, load_contracts()))
    assert ours == contract_rows(load_lake(lake), shipped_contracts(), places=True)
    assert [row for row in ours if not row["passed"]] == []
