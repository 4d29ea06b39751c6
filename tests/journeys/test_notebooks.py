"""Every notebook runs from top to bottom on a real published run."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# each notebook, and what it prints on its way
PRINTED = {"explore_results.py": "naive_join", "develop_a_transform.py": "the transform does what its test says"}


def test_notebooks_run_on_published_results(tmp_path: Path, engine_name: str) -> None:
    if engine_name == "spark":
        pytest.skip("runs once, on the embedded engine: a process of its own per notebook")
    cli = [sys.executable, "-m", "jobs.cli"]
    lake = ["--lake", str(tmp_path / "lake"), "--engine", "embedded"]
    generate = [*cli, "generate", "--shape", "scale", "--customers", "300", *lake]
    places = ["--results", str(tmp_path / "results"), "--reports", str(tmp_path / "reports")]
    environment = {**os.environ, "CUSTOMER360_RESULTS": str(tmp_path / "results"), "CUSTOMER360_ENGINE": "embedded"}
    environment["PYTHONPATH"] = str(ROOT)
    analyses = ["high_value_cohort", "conversion_behaviour"]
    for command in (generate, [*cli, "run", *analyses, *lake, *places, "--lang", "en"]):
        subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True)
    for name, printed in PRINTED.items():
        done = subprocess.run(
            [sys.executable, str(ROOT / "notebooks" / name)],
            cwd=ROOT,
            env=environment,
            check=False,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        assert printed in done.stdout


def test_every_notebook_is_run_and_is_a_jupytext_script() -> None:
    notebooks = sorted((ROOT / "notebooks").iterdir())
    assert [path.name for path in notebooks] == sorted(PRINTED)
    for path in notebooks:
        text = path.read_text("utf-8")
        assert text.startswith("# ---\n# jupyter:\n#   jupytext:\n#     formats: py:percent\n# ---\n")
        assert text.count("\n# %%\n") >= 3
        assert text.count("\n# %% [markdown]\n# ") >= 3


def test_notebooks_hold_no_logic() -> None:
    logic = (ast.If, ast.For, ast.While, ast.Try, ast.ClassDef, ast.Lambda, ast.comprehension, ast.BinOp)
    for name in PRINTED:
        tree = ast.parse((ROOT / "notebooks" / name).read_text("utf-8"))
        assert [f"{name}:{node.lineno}" for node in ast.walk(tree) if isinstance(node, logic)] == []
        functions = [node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
        assert all(function.startswith("test_") for function in functions)
