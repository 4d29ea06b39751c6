"""Every notebook runs from top to bottom on a real published run."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def test_notebooks_run_on_published_results(tmp_path: Path, engine_name: str) -> None:
    if engine_name == "spark":
        pytest.skip("runs once, on the embedded engine: a process of its own per notebook")
    cli = [sys.executable, "-m", "jobs.cli"]
    lake = ["--lake", str(tmp_path / "lake"), "--engine", "embedded"]
    generate = [*cli, "generate", "--shape", "scale", "--customers", "300", *lake]
    places = ["--results", str(tmp_path / "results"), "--reports", str(tmp_path / "reports")]
    environment = {**os.environ, "CUSTOMER360_RESULTS": str(tmp_path / "results"), "CUSTOMER360_ENGINE": "embedded"}
    environment["PYTHONPATH"] = str(ROOT)
    for command in (generate, [*cli, "run", *lake, *places]):
        subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True)
    for notebook in sorted((ROOT / "notebooks").glob("*.py")):
        done = subprocess.run(
            [sys.executable, str(notebook)], cwd=ROOT, env=environment, check=False, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        assert "naive_join" in done.stdout
