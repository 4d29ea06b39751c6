"""README.md: every command in it exists or is run, in the order a reader would type them, in an empty directory."""

from __future__ import annotations

import os
import re
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from deltalake import DeltaTable

from jobs.engines import Engine
from tests.demo_lake import make_lake

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text("utf-8")
BLOCKS = re.findall(r"```sh\n(.*?)```", README, re.DOTALL)
LINES = [line.split(" #")[0].strip() for block in BLOCKS for line in block.splitlines()]
COMMANDS = [line for line in LINES if line.startswith("customer360 ") and line != "customer360 demo"]
SECRET = "a-key-for-the-tests-only"


def test_every_make_target_exists() -> None:
    named = set(re.findall(r"\bmake ([a-z-]+)", README))
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    assert {"demo", "test"} <= named <= targets


def test_every_file_it_points_to_exists() -> None:
    named = re.findall(r"\]\((?!https?:)([^)#]+)", README) + re.findall(r"`(benchmarks/\S+\.py|tests/\S+)`", README)
    assert [name for name in named if not (ROOT / name).exists()] == []


def test_other_lines_are_make_and_pip() -> None:
    others = [line for line in LINES if line and line not in COMMANDS and line != "customer360 demo"]
    assert [line for line in others if not re.match(r"make [a-z-]+$|pip install ", line)] == []


def _sqlite_of(lake: Path, path: Path) -> None:
    """Write the tables of a lake as somebody's SQLite file."""
    with sqlite3.connect(path) as connection:
        for folder in sorted(lake.iterdir()):
            if (folder / "_delta_log").is_dir():
                rows = DeltaTable(folder).to_pandas()
                for name in rows.select_dtypes(include=["datetimetz", "datetime"]).columns:
                    rows[name] = rows[name].map(lambda moment: moment.isoformat(), na_action="ignore")
                rows.to_sql(folder.name, connection, index=False)
    connection.close()


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where all commands of the README were typed, one after the other."""
    home = tmp_path_factory.mktemp("readme")
    make_lake(home / "made", shape="second", customers=300, seed=7)
    _sqlite_of(home / "made", home / "my_tables.sqlite")
    (home / "mine.yml").write_text(
        (ROOT / "conf" / "analyses" / "limited_data_value.yml")
        .read_text("utf-8")
        .replace("analysis: limited_data_value", "analysis: mine"),
        "utf-8",
    )
    command = home / "bin" / "customer360"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nexec {sys.executable} -m jobs.cli "$@"\n', "utf-8")
    command.chmod(0o755)
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("CUSTOMER360_")},
        "PYTHONPATH": str(ROOT),
        "PATH": f"{command.parent}:{os.environ['PATH']}",
        "CUSTOMER360_HMAC_KEY": SECRET,
        "BROWSER": "true",
    }
    for line in COMMANDS:
        # shape and size of the last generate are the reader's choice; here a small one
        typed = line.replace("first|second|scale", "first").replace("342000", "300")
        done = subprocess.run(
            ["sh", "-c", typed], cwd=home, env=environment, capture_output=True, text=True, timeout=300, check=False
        )
        assert done.returncode == 0, f"{typed}\n{done.stdout}\n{done.stderr}"
    return home


def test_every_command_works_one_after_the_other(home: Path) -> None:
    for analysis in ("limited_data_value", "high_value_cohort", "mine"):
        assert list((home / "reports" / analysis).glob("*/report.en.html")), analysis
    assert list((home / "reports" / "high_value_cohort").glob("*/report.zh.html"))
    assert (home / "reports" / "index.html").is_file()
    assert (home / "analysis.schema.json").stat().st_size > 1000


def test_the_python_lines_read_published_rows(
    home: Path, engine: Engine, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (block,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    monkeypatch.chdir(home)
    exec(compile(block, "README.md", "exec"), {"spark": engine.spark})
    assert "stratum" in capsys.readouterr().out
