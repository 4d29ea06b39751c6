"""`customer360 check`: one line per rule that does not hold, exit 4 on errors, nothing published."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from jobs.cli import main
from jobs.contracts.check import check
from jobs.contracts.loading import load_contracts
from jobs.engines import Engine
from jobs.lake import Lake
from jobs.run import RunOptions, run
from tests.contracts.test_gate import NOON, VALUE, replace, small
from tests.jobs.small_lake import write
from transforms.input_tables import TABLES

ROOT = Path(__file__).parents[2]
FAILING = """\
contract: value
columns:
  - {column: churn_probability, severity: error}
key:
  - {severity: info}
snapshot:
  - {maximum_age_days: 1, severity: error}
ranges:
  - {column: churn_probability, maximum: 1, severity: warning}
  - {column: churn_probability, maximum: 5, severity: error}
"""


def checked(engine: Engine, folder: Path, results: Path | None = None) -> list[str]:
    contracts = load_contracts(str(folder / "contracts") if (folder / "contracts").exists() else None)
    place = Lake.at(str(results)) if results else None
    return check(engine, Lake.at(str(folder / "lake")), contracts, mapped={}, results=place, now=NOON).lines()


def test_each_failed_rule_is_a_line_the_gravest_first_and_the_last_line_sums_up(engine: Engine, tmp_path: Path) -> None:
    replace(tmp_path, 4, 7.0)
    (tmp_path / "contracts").mkdir()
    (tmp_path / "contracts" / "value.yml").write_text(FAILING)
    assert checked(engine, tmp_path) == [
        f"error: {VALUE} column 'analysis_timestamp': age of snapshots: no row has a time, allowed 1",
        f"error: {VALUE} column 'churn_probability': at most 5: not so in 100% of the rows, allowed 0%",
        f"warning: {VALUE} column 'churn_probability': at most 1: not so in 100% of the rows, allowed 0%",
        "checked 5 rules of 1 table: 2 errors, 1 warning, 0 info; not there: "
        + ", ".join(TABLES[role].name for role in ("activity", "funnel", "address")),
    ]


def test_the_age_of_snapshots_is_that_of_the_clock(engine: Engine, tmp_path: Path) -> None:
    replace(tmp_path, 1, 0.5, NOON)
    (tmp_path / "contracts").mkdir()
    (tmp_path / "contracts" / "value.yml").write_text(
        "contract: value\nsnapshot:\n  - {maximum_age_days: 0, maximum_ahead_days: 0, severity: error}\n"
    )
    assert checked(engine, tmp_path)[-1].startswith("checked 2 rules of 1 table: 0 errors")


def test_rows_are_compared_with_the_newest_publication_and_nothing_is_published(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CUSTOMER360_HMAC_KEY", "a-key-for-the-tests-only")
    replace(tmp_path, 40)
    places = {name: str(tmp_path / name) for name in ("lake", "results", "reports")}
    run(engine, [small()], RunOptions(**places))
    replace(tmp_path, 10)
    before = sorted(tmp_path.rglob("*"))
    found = checked(engine, tmp_path, tmp_path / "results")
    assert found[0] == f"warning: {VALUE}: drop of rows since the last publication: 75%, allowed 50%"
    assert len(found) == 2
    assert sorted(tmp_path.rglob("*")) == before
    # without results there is nothing to compare with
    assert len(checked(engine, tmp_path)) == 1


def test_nothing_stays_in_the_engine(engine: Engine, tmp_path: Path) -> None:
    replace(tmp_path, 1)
    checked(engine, tmp_path)
    scratch = engine._scratch  # type: ignore[attr-defined]
    assert list(scratch.iterdir()) == []


def test_the_command_tells_rules_by_the_names_of_a_mapping_and_ends_with_exit_code_4(tmp_path: Path) -> None:
    write(tmp_path / "lake", "value", [{"primary_email": "ann@x.org", "adjusted_ltv": 7.0}])
    (tmp_path / "lake" / VALUE).rename(tmp_path / "lake" / "ours")
    (tmp_path / "inputs.yml").write_text(
        "inputs:\n  value:\n    table: ours\n    columns: {churn_probability: adjusted_ltv}\n"
    )
    (tmp_path / "contracts").mkdir()
    (tmp_path / "contracts" / "value.yml").write_text(
        "contract: value\nranges:\n  - {column: churn_probability, maximum: 1, severity: error}\n"
    )
    arguments = ["--lake", "lake", "--inputs", "inputs.yml", "--contracts", "contracts", "--engine", "embedded"]
    ran = subprocess.run(
        [sys.executable, "-m", "jobs.cli", "check", *arguments],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    line = "ours column 'adjusted_ltv': at most 1: not so in 100% of the rows, allowed 0%"
    assert ran.returncode == 4
    assert ran.stdout.splitlines()[0] == f"error: {line}"
    assert ran.stderr == (
        f"C360-QUALITY exit=4: {line} -> nothing is published; mend the tables, or give contracts with other limits: "
        "--contracts DIR\n"
    )
    assert "ann" not in ran.stdout + ran.stderr


@pytest.mark.parametrize(
    ("command", "more"), [("check", []), ("run", ["--results", "r", "--reports", "p"])], ids=["check", "run"]
)
def test_a_wrong_contract_is_told_before_an_engine_starts(
    tmp_path: Path, command: str, more: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "value.yml").write_text("contract: value\nrange: []\n")
    monkeypatch.setattr("jobs.engines.start_engine", lambda name: pytest.fail("an engine was started"))
    assert main([command, "--lake", "l", *more, "--contracts", str(tmp_path)]) == 2
    assert "value.yml:2: range: unknown key 'range'; nearest: 'ranges'" in capsys.readouterr().err
    monkeypatch.setenv(f"CUSTOMER360_{command.upper()}_CONTRACTS", str(tmp_path / "absent"))
    assert main([command, "--lake", "l", *more]) == 2
    assert "absent of contracts does not exist" in capsys.readouterr().err
