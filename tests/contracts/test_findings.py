"""What becomes of every rule of a contract over small lakes."""

from __future__ import annotations

import datetime as dt
import math
import shutil
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from deltalake import write_deltalake
from pyspark.sql import DataFrame

from jobs.contracts.evaluate import findings
from jobs.contracts.findings import Finding, quality_error, share
from jobs.contracts.loading import load_contracts
from jobs.contracts.model import Contract
from jobs.definition.inputs import TableSourceModel
from jobs.engines import Engine
from jobs.inputs import Inputs, read_inputs
from jobs.lake import Lake
from jobs.stored_inputs import store_inputs
from tests.jobs.small_lake import KEY, customers, write
from transforms.input_tables import TABLES

VALUE = TABLES["value"].name
NOON = dt.datetime(2026, 3, 10, 12, tzinfo=dt.UTC)


def contract(role: str = "value", **rules: list[dict[str, Any]]) -> Contract:
    with_severity = {kind: [{"severity": "error", **rule} for rule in listed] for kind, listed in rules.items()}
    return Contract.model_validate({"contract": role, **with_severity})


def stored(engine: Engine, lake: Path, *contracts: Contract, mapped: Any = None) -> Inputs:
    inputs = read_inputs(engine, Lake.at(str(lake)), mapped)
    inputs.contracts = {one.contract: one for one in contracts}
    store_inputs(engine, inputs, [], KEY, addresses=True)
    return inputs


def evaluated(
    inputs: Inputs, reference: dt.datetime | None = None, before: Mapping[str, float] | None = None
) -> list[Finding]:
    """All findings but the count that every table has."""
    found = findings(inputs, tuple(TABLES), reference, before or {})
    return [one for one in found if not (one.check_name == "contract_rows" and one.expected == 0)]


def told(found: list[Finding]) -> list[tuple[str, float | None, bool]]:
    return [(one.check_name, one.observed, one.passed) for one in found]


def test_every_row_counts_in_the_share_that_breaks_a_rule_and_the_tolerance_is_allowed(
    engine: Engine, tmp_path: Path
) -> None:
    churn = [0.5, 1.0, 1.5, math.nan, None, -0.5, 0.0, 0.1, 0.2, math.inf]
    rows = [{"churn_probability": value, "customer_tier": "Gold" if n else "gold"} for n, value in enumerate(churn)]
    write(tmp_path, "value", customers(*rows))
    limits = {"column": "churn_probability", "minimum": 0, "maximum": 1}
    asked = contract(
        ranges=[{**limits, "tolerance": 0.2}, {**limits, "tolerance": 0.19}],
        values=[{"column": "customer_tier", "allowed": ["Gold"], "tolerance": at} for at in (0.1, 0.09)],
    )
    found = evaluated(stored(engine, tmp_path, asked))
    assert told(found) == [
        ("contract_range", 0.2, True),
        ("contract_range", 0.2, False),
        ("contract_values", 0.1, True),
        ("contract_values", 0.1, False),
    ]
    assert found[1].line() == (
        f"{VALUE} column 'churn_probability': at least 0 and at most 1: not so in 20% of the rows, allowed 19%"
    )
    # the list is the contract's; what was found is nobody's business
    assert found[3].row()["params"] == {"column": "customer_tier", "allowed": "Gold", "tolerance": "0.09"}
    assert "gold" not in str(found[3].row()) + found[3].line()


def test_a_rule_on_a_column_that_no_analysis_reads_takes_no_column_along(engine: Engine, tmp_path: Path) -> None:
    write(tmp_path, "value", customers({"adjusted_ltv": -1.0}))
    inputs = stored(engine, tmp_path, contract(ranges=[{"column": "adjusted_ltv", "minimum": 0}]))
    assert told(evaluated(inputs)) == [("contract_range", 1.0, False)]
    assert "adjusted_ltv" not in inputs.stored["value"].columns


def test_of_a_missing_column_only_its_absence_is_said(engine: Engine, tmp_path: Path) -> None:
    write(tmp_path, "value", customers({}), without=["churn_probability"])
    asked = contract(
        columns=[{"column": "churn_probability"}, {"column": "customer_tier"}],
        ranges=[{"column": "churn_probability", "minimum": 0}],
    )
    assert told(evaluated(stored(engine, tmp_path, asked))) == [
        ("contract_column_missing", 1.0, False),
        ("contract_column_missing", 0.0, True),
    ]


def test_an_empty_table_and_an_absent_one_are_judged_by_their_rows_alone(engine: Engine, tmp_path: Path) -> None:
    write(tmp_path, "value", [])
    write(tmp_path, "activity", customers({}))
    rules: dict[str, Any] = {
        "rows": [{"minimum": 1}],
        "key": [{}],
        "snapshot": [{"maximum_age_days": 1}],
        "relations": [{"to": "activity", "minimum_match_rate": 1.0}],
    }
    asked = (contract(**rules), contract("funnel", **rules), contract("activity", relations=[
        {"to": "value", "minimum_match_rate": 1.0}, {"to": "funnel", "maximum_fan_out": 1}]))  # fmt: skip
    found = evaluated(stored(engine, tmp_path, *asked), NOON)
    assert [(one.table_name, *told([one])[0]) for one in found] == [
        (TABLES["funnel"].name, "contract_rows", 0.0, False),
        (VALUE, "contract_rows", 0.0, False),
    ]


def test_keys_are_missing_where_nothing_or_blanks_stand(engine: Engine, tmp_path: Path) -> None:
    write(tmp_path, "value", [*customers({}, {}), {"primary_email": None}, {"primary_email": " \t"}])
    write(tmp_path, "address", [{"customer360_id": value} for value in ("a", "a", "a", "", None)])
    asked = (contract(key=[{"tolerance": 0.5}, {"tolerance": 0.4}]), contract("address", key=[{"tolerance": 0.4}]))
    found = evaluated(stored(engine, tmp_path, *asked))
    assert told(found) == [
        ("contract_key_missing", 0.5, True),
        ("contract_key_missing", 0.5, False),
        ("contract_key_missing", 0.4, True),
    ]
    assert [one.column_name for one in found] == ["primary_email", "primary_email", "customer360_id"]
    assert [one.section for one in found] == ["all", "all", "geography"]


@pytest.fixture
def tokyo() -> Iterator[None]:
    """The driver's own zone is not that of the session."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TZ", "Asia/Tokyo")
        time.tzset()
        yield
    time.tzset()


@pytest.mark.usefixtures("tokyo")
def test_the_newest_snapshot_has_an_age_at_the_moment_given(engine: Engine, tmp_path: Path) -> None:
    newest = NOON - dt.timedelta(days=2)
    write(tmp_path, "value", customers({"analysis_timestamp": newest}, {"analysis_timestamp": None},
                                       {"analysis_timestamp": newest - dt.timedelta(days=9)}))  # fmt: skip
    inputs = stored(engine, tmp_path, contract(snapshot=[{"maximum_age_days": 2}, {"maximum_age_days": 1.5}]))
    assert told(evaluated(inputs, NOON)) == [("contract_freshness", 2.0, True), ("contract_freshness", 2.0, False)]
    late = evaluated(inputs, NOON + dt.timedelta(hours=12))
    assert told(late) == [("contract_freshness", 2.5, False), ("contract_freshness", 2.5, False)]
    assert "column 'analysis_timestamp': age of snapshots: the newest is 2.5 days old, allowed 2" in late[0].line()


def test_a_snapshot_of_the_future_is_ahead_and_never_too_old(engine: Engine, tmp_path: Path) -> None:
    write(tmp_path, "value", customers({"analysis_timestamp": NOON + dt.timedelta(days=2)}))
    limits = [{"maximum_age_days": 0, "maximum_ahead_days": 2}, {"maximum_ahead_days": 1.9}]
    found = evaluated(stored(engine, tmp_path, contract(snapshot=limits)), NOON)
    assert told(found) == [
        ("contract_freshness", -2.0, True),
        ("contract_freshness", 2.0, True),
        ("contract_freshness", 2.0, False),
    ]
    assert found[2].line().endswith("the newest is 2 days ahead, allowed 1.9")


def test_snapshots_without_any_time_have_no_age_and_do_not_pass(engine: Engine, tmp_path: Path) -> None:
    write(tmp_path, "value", customers({}))
    (found,) = evaluated(stored(engine, tmp_path, contract(snapshot=[{"maximum_age_days": 1000}])), NOON)
    assert (found.observed, found.passed, found.message_id) == (None, False, "contract_freshness_unknown")


def test_customers_of_another_table_and_their_rows_there(engine: Engine, tmp_path: Path) -> None:
    write(tmp_path, "value", customers({}, {}, {}, {}))
    write(tmp_path, "activity", customers({}, {}, {}) * 2 + customers({}))
    asked = contract(relations=[{"to": "activity", "minimum_match_rate": 0.75, "maximum_fan_out": 3},
                                {"to": "activity", "minimum_match_rate": 0.76, "maximum_fan_out": 2}])  # fmt: skip
    found = evaluated(stored(engine, tmp_path, asked))
    assert told(found) == [
        ("contract_match_rate", 0.75, True),
        ("contract_fan_out", 3.0, True),
        ("contract_match_rate", 0.75, False),
        ("contract_fan_out", 3.0, False),
    ]


@pytest.mark.parametrize(
    ("before", "limits", "expected"),
    [
        (None, {"maximum_drop": 0.0, "maximum_growth": 0.0}, []),
        (0, {"maximum_growth": 0.0}, []),
        (40, {"maximum_drop": 0.9}, [("contract_row_change", 0.9, True)]),
        (40, {"maximum_drop": 0.89}, [("contract_row_change", 0.9, False)]),
        (2, {"maximum_growth": 1.0, "maximum_drop": 0.0},
         [("contract_row_change", 0.0, True), ("contract_row_change", 1.0, True)]),
        (2, {"maximum_growth": 0.99}, [("contract_row_change", 1.0, False)]),
    ],
)  # fmt: skip
def test_rows_drop_or_grow_against_the_last_publication(
    engine: Engine,
    tmp_path: Path,
    before: int | None,
    limits: dict[str, float],
    expected: list[tuple[str, float, bool]],
) -> None:
    write(tmp_path, "value", customers({}, {}, {}, {}))
    inputs = stored(engine, tmp_path, contract(rows=[limits]))
    counted = {} if before is None else {VALUE: float(before)}
    assert told(evaluated(inputs, before=counted)) == expected


def test_a_table_that_vanished_has_lost_all_its_rows(engine: Engine, tmp_path: Path) -> None:
    write(tmp_path, "activity", customers({}))
    inputs = stored(engine, tmp_path, contract(rows=[{"maximum_drop": 0.9}]))
    assert told(evaluated(inputs, before={VALUE: 7.0})) == [("contract_row_change", 1.0, False)]


def test_messages_use_the_names_of_a_mapping(engine: Engine, tmp_path: Path) -> None:
    write(tmp_path, "value", customers({"adjusted_ltv": 7.0}))
    (tmp_path / VALUE).rename(tmp_path / "our_values")
    mapped = {"value": TableSourceModel(table="our_values", columns={"churn_probability": "adjusted_ltv"})}
    inputs = stored(engine, tmp_path, contract(ranges=[{"column": "churn_probability", "maximum": 1}]), mapped=mapped)
    (found,) = evaluated(inputs)
    assert found.line().startswith("our_values column 'adjusted_ltv': at most 1: ")
    assert (found.row()["table_name"], found.row()["touches_measure"]) == ("our_values", "churn_probability")


def test_a_table_is_read_once_whatever_its_contract_asks(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = customers({"churn_probability": 0.5, "analysis_timestamp": NOON})
    for role in ("value", "activity"):
        write(tmp_path, role, rows if role == "value" else customers({}))
    for role in ("address", "mapping"):
        write_ids(tmp_path, role)
    everything = contract(
        key=[{}],
        snapshot=[{"maximum_age_days": 1}],
        ranges=[{"column": "churn_probability", "maximum": 1}],
        relations=[{"to": "activity", "minimum_match_rate": 1.0}],
        rows=[{"minimum": 1}],
    )
    ids = [contract(role, values=[{"column": "customer360_id", "allowed": ["a"]}]) for role in ("address", "mapping")]
    real, seen = type(engine).materialise, []

    def once(self: Engine, frame: DataFrame, name: str) -> DataFrame:
        kept = real(self, frame, name)
        role = name.rpartition("_")[2]
        if role in TABLES:
            shutil.rmtree(tmp_path / TABLES[role].name)
            seen.append(role)
        return kept

    monkeypatch.setattr(type(engine), "materialise", once)
    found = evaluated(stored(engine, tmp_path, everything, *ids), NOON)
    assert sorted(seen) == ["activity", "address", "mapping", "value"]
    assert [one.check_name for one in found] == [
        *("contract_rows", "contract_key_missing", "contract_freshness", "contract_range", "contract_match_rate"),
        *("contract_values", "contract_values"),
    ]
    assert all(one.passed for one in found)


def write_ids(lake: Path, role: str) -> None:
    kinds = {"bigint": pa.int64(), "string": pa.string(), "int": pa.int32(), "boolean": pa.bool_()}
    stamp = pa.timestamp("us", tz="UTC")
    schema = pa.schema([(name, kinds.get(kind, stamp)) for name, kind in TABLES[role].columns.items()])
    write_deltalake(lake / TABLES[role].name, pa.Table.from_pylist([{"customer360_id": "a"}], schema=schema))


def finding(severity: str = "error", *, passed: bool = False, table: str = "t") -> Finding:
    return Finding(
        table_name=table,
        check_name="contract_rows",
        severity=severity,  # type: ignore[arg-type]
        passed=passed,
        observed=1.0,
        expected=0.0,
        rule="rows",
        says="1",
        message_id="contract_rows",
    )


def test_only_failed_rules_of_severity_error_are_an_error_and_each_is_named_once() -> None:
    harmless = [finding("warning"), finding("info"), finding(passed=True)]
    assert quality_error(harmless) is None
    error = quality_error([*harmless, finding(), finding(), finding(table="u")])
    assert error is not None
    assert (error.exit_code, str(error)) == (4, "t: rows: 1 | u: rows: 1")


def test_after_twenty_rules_the_rest_is_counted() -> None:
    error = quality_error([finding(table=f"t{n}") for n in range(23)])
    assert str(error).endswith("t19: rows: 1 | and 3 more")


def test_a_share_is_told_from_its_limit_and_from_nothing_and_everything() -> None:
    assert [share(0.05002, 0.05), share(1e-9), share(0.999999), share(0.0), share(1.0), share(25.0)] == [
        *("5.002%", "0.0000001%", "99.9999%"),
        *("0%", "100%", "2500%"),
    ]


def test_the_shipped_contracts_ask_something_of_every_table() -> None:
    assert set(load_contracts()) == set(TABLES)
    assert all(one.rows and one.key for one in load_contracts().values())
