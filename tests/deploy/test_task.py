"""Job parameters as schedulers give them, and what a scheduler sees of a failure."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

from jobs.cli import cli
from jobs.errors import UsageError
from jobs.secret_key import ENVIRONMENT_NAME
from jobs.task import arguments, main

ROOT = Path(__file__).parent.parent.parent


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        (["run", "--lake=l", "--lang="], ["run", "--lake=l"]),
        (["run", "--force=false"], ["run"]),
        (["run", "--force=TRUE"], ["run", "--force"]),
        (["run", "--analyses=a, b"], ["run", "a", "b"]),
        (["run", '--analyses=["a", "b"]'], ["run", "a", "b"]),
        (["run", "--analyses="], ["run"]),
        (["run", "--set=a=1;b.0=x=y"], ["run", "--set=a=1", "--set=b.0=x=y"]),
        (["ingest", "f", "--table=a,b"], ["ingest", "f", "--table=a", "--table=b"]),
        (["--verbose=true", "run", "win_back"], ["--verbose", "run", "win_back"]),
        (["run", "--as-of="], ["run"]),
        (["sql", "SELECT 'a=' AS b"], ["sql", "SELECT 'a=' AS b"]),
        (["run", "--lake", "l", "--force"], ["run", "--lake", "l", "--force"]),
        (["nonsense", "--what=ever"], ["nonsense", "--what=ever"]),
    ],
)
def test_parameters_of_a_job_become_a_command_line(given: list[str], meant: list[str]) -> None:
    assert list(arguments(given, cli)) == meant


@pytest.mark.parametrize(
    ("given", "said"),
    [("--force=treu", "--force=treu: expected true or false; nearest: 'true'"), ("--analyses=[a", "is no JSON list")],
)
def test_a_parameter_that_is_no_value_of_its_option_is_refused(given: str, said: str) -> None:
    with pytest.raises(UsageError, match=said.replace("[", r"\[")):
        list(arguments(["run", given], cli))


def test_a_good_task_returns_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    main(["config", "validate", "win_back"])
    assert capsys.readouterr().out == "ok win_back\n"


def test_a_failed_task_raises_its_exit_code(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as raised:
        main(["run", "no_such_analysis", "--lake=l", "--results=r", "--reports=p"])
    assert raised.value.code == 2
    assert capsys.readouterr().err.startswith("C360-USAGE exit=2: ")


def test_a_wrong_parameter_fails_the_task_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as raised:
        main(["run", "--force=maybe"])
    assert raised.value.code == 2
    assert len(capsys.readouterr().err.splitlines()) == 1


@pytest.mark.parametrize("command", [["-m", "jobs"], [str(ROOT / "jobs" / "__main__.py")]])
def test_the_package_and_its_file_run_as_the_command(command: list[str], tmp_path: Path) -> None:
    ran = subprocess.run(
        [sys.executable, *command, "config", "validate", "no_such"],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT), "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ran.returncode, ran.stdout) == (2, "")
    assert "no_such" in ran.stderr
    assert "Traceback" not in ran.stderr


def test_the_secret_is_read_from_its_scope_and_is_no_word_of_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    # Databricks alone has this module: here it stands for it
    secrets = SimpleNamespace(get=lambda scope, key: f"{scope}-{key}-0123456789")
    runtime = ModuleType("databricks.sdk.runtime")
    runtime.__dict__["dbutils"] = SimpleNamespace(secrets=secrets)
    monkeypatch.setitem(sys.modules, "databricks.sdk", ModuleType("databricks.sdk"))
    monkeypatch.setitem(sys.modules, "databricks.sdk.runtime", runtime)
    monkeypatch.setenv(ENVIRONMENT_NAME, "other")
    main(["config", "validate", "win_back", "--hmac-key-secret=scope/key"])
    assert os.environ[ENVIRONMENT_NAME] == "scope-key-0123456789"


def test_a_secret_scope_outside_databricks_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["run", "--hmac-key-secret=scope/key"])
    assert "needs Databricks" in capsys.readouterr().err
