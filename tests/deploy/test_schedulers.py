"""The Airflow DAG and the cron line: parsed by their own libraries, and every option one of the command."""

from __future__ import annotations

import ast
import re
import shlex
from pathlib import Path

import click
import duckdb
import pytest
from croniter import croniter

from jobs.cli import cli
from jobs.task import arguments

ROOT = Path(__file__).parents[2]
RUNS = '(attempt_id, analysis, run_id, event, "at", error)'
DAG = ROOT / "conf" / "airflow" / "customer360_dag.py"
DOC = (ROOT / "docs" / "schedulers.md").read_text("utf-8")


def _texts(node: ast.expr) -> str:
    """Return a literal or f-string as it would be filled in."""
    if isinstance(node, ast.JoinedStr):
        return "".join(part.value if isinstance(part, ast.Constant) else "filled" for part in node.values)
    assert isinstance(node, ast.Constant)
    return str(node.value)


def _calls() -> dict[str, dict[str, ast.expr]]:
    """Return the keyword arguments of every operator, and of the DAG."""
    found = {}
    for node in ast.walk(ast.parse(DAG.read_text("utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            words = {one.arg: one.value for one in node.keywords if one.arg}
            if node.func.id == "SparkSubmitOperator":
                found[_texts(words["task_id"])] = words
            if node.func.id == "DAG":
                found["DAG"] = words
    return found


CALLS = _calls()


def test_the_dag_compiles_and_its_schedule_parses() -> None:
    compile(DAG.read_text("utf-8"), str(DAG), "exec")
    assert croniter.is_valid(_texts(CALLS["DAG"]["schedule"]))
    assert CALLS.keys() == {"DAG", "check", "run"}


@pytest.mark.parametrize("name", ["check", "run"])
def test_every_argument_of_an_operator_is_an_option_of_its_command(name: str) -> None:
    command = cli.get_command(click.Context(cli), name)
    if command is None:
        pytest.skip(f"the command '{name}' does not exist yet")
    given = CALLS[name]["application_args"]
    assert isinstance(given, ast.List)
    words = [re.sub(r"\{\{ params\.force \}\}", "false", _texts(one)) for one in given.elts]
    words = [re.sub(r"\{\{.*?\}\}", "en", word) for word in words]
    first, *rest = arguments(words, cli)
    assert first == name
    assert command.make_context(name, rest, parent=click.Context(cli)).params["lake"] == "filled"


def test_the_dag_imports_where_airflow_is_installed() -> None:
    pytest.importorskip("airflow.providers.apache.spark", reason="Airflow is not installed")
    namespace: dict[str, object] = {}
    exec(compile(DAG.read_text("utf-8"), str(DAG), "exec"), namespace)
    dag = namespace["dag"]
    assert [task.task_id for task in dag.topological_sort()] == ["check", "run"]  # type: ignore[attr-defined]


def test_the_cron_line_has_a_schedule_and_a_command_that_parses() -> None:
    (line,) = re.findall(r"```cron\n(.*?)\n```", DOC, re.S)
    fields = line.split(None, 5)
    assert croniter.is_valid(" ".join(fields[:5]))
    # cron takes an unescaped % for a line break
    assert "%" not in fields[5]
    words = shlex.split(fields[5])
    place = next(n for n, word in enumerate(words) if word.endswith("bin/customer360"))
    name, *rest = words[place + 1 : words.index(">>")]
    command = cli.get_command(click.Context(cli), name)
    assert command is not None
    assert command.make_context(name, rest, parent=click.Context(cli)).params["reports"] == "/data/reports"


def test_the_query_for_failed_runs_finds_the_failed_and_the_killed() -> None:
    (query,) = re.findall(r"```sql\n(.*?)```", DOC, re.S)
    at = "TIMESTAMP '2026-10-01'"
    rows = [("good", "started"), ("good", "succeeded"), ("bad", "started"), ("bad", "failed"), ("killed", "started")]
    values = ", ".join(f"('{attempt}', 'a', 'run of {attempt}', '{event}', {at}, NULL)" for attempt, event in rows)
    with duckdb.connect() as database:
        database.execute(f"CREATE TABLE runs AS SELECT * FROM (VALUES {values}) AS v{RUNS}")
        found = database.execute(query).fetchall()
    assert sorted(row[1] for row in found) == ["run of bad", "run of killed"]
