"""The demo lake and what the shipped analyses publish of it: made once per test session, whoever needs it first."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from jobs.definition import load_definition, shipped_names
from jobs.demo import SEED
from jobs.engines import Engine
from jobs.reporting import report as reporting
from jobs.run import Outcome, RunOptions, run
from tests.pictures import only

ROOT = Path(__file__).parents[1]
SECRET = "a-key-for-the-tests-only"
CUSTOMERS = 4_734


def make_lake(lake: Path, *, shape: str, customers: int, seed: int, mapping: bool = False) -> None:
    """Generate by the embedded engine in a process of its own: quick, and Apache Spark then reads what Sail wrote."""
    command = ["generate", "--shape", shape, "--customers", str(customers), "--seed", str(seed), "--lake", str(lake)]
    options = ["--engine", "embedded", *(["--mapping"] if mapping else [])]
    subprocess.run([sys.executable, "-m", "jobs.cli", *command, *options], cwd=ROOT, check=True, capture_output=True)


def demo_outcomes(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Outcome]]:
    """Return the folder of the demo lake, its results and reports, and the outcomes by analysis.

    Processes of one session share the folder. The one that comes second finds everything published: the same run
    publishes nothing new and returns the published rows.
    """
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "demo"
    folder.mkdir(exist_ok=True)
    with (folder / "lock").open("w") as lock, pytest.MonkeyPatch.context() as patch:
        fcntl.flock(lock, fcntl.LOCK_EX)
        patch.setenv("CUSTOMER360_HMAC_KEY", SECRET)
        # drawing is what costs: of the pictures of twelve reports those that a seed has
        entries = yaml.safe_load((ROOT / "tests" / "seeds_coverage.yaml").read_text("utf-8"))["entries"]
        patch.setattr(reporting, "write_chart", only({e["chart"]["name"] for e in entries if "chart" in e}))
        if not (folder / "lake").exists():
            make_lake(folder / "lake", shape="first", customers=CUSTOMERS, seed=SEED)
        options = RunOptions(
            lake=str(folder / "lake"),
            results=str(folder / "results"),
            reports=str(folder / "reports"),
            languages=("en", "zh"),
        )
        found = run(engine, [load_definition(name) for name in shipped_names()], options)
    return folder, {outcome.definition.analysis: outcome for outcome in found}
