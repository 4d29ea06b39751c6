"""Runs as real processes that are held at a point of the protocol, killed there, or set against each other."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
PATIENCE = 300
_FOREIGN = ("CUSTOMER360_", "SPARK_", "PYSPARK_", "DATABRICKS_")
DEFINITION = """\
analysis: faulty
title: {en: Customers of value}
question: {en: "Who are they?"}
languages: [en]
base: value
cohort:
  - {column: estimated_customer_ltv, operator: ">", statistic: median}
sections:
  cohort_profile:
    measures:
      - {column: recency_score, unit: score_1_5}
"""


@dataclass(frozen=True, slots=True)
class Ended:
    """What a process left: its exit code and what it wrote on standard error."""

    code: int
    err: str


class Place:
    """A folder with lake, results, reports and a definition; runs in it are processes of their own."""

    def __init__(self, folder: Path, engine: str, connect: str | None = None) -> None:
        self.folder = folder
        self.engine = engine
        self.connect = connect
        self.lake = folder / "lake"
        self.results = folder / "results"
        (folder / "faulty.yml").write_text(DEFINITION, "utf-8")

    def start(self, *more: str, **environment: str) -> subprocess.Popen[str]:
        """Start a run in a process group of its own."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(_FOREIGN)}
        kept |= {"PYTHONPATH": str(ROOT), "CUSTOMER360_HMAC_KEY": "a-key-for-the-tests-only", **environment}
        places = [f"--{name}={self.folder / name}" for name in ("lake", "results", "reports")]
        command = [sys.executable, "-m", "jobs.cli", "run", str(self.folder / "faulty.yml"), *places, *more]
        if self.connect is not None:
            command.append(f"--connect={self.connect}")
        return subprocess.Popen(
            [*command, f"--engine={self.engine}"],
            cwd=self.folder,
            env=kept,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
            # a shell that put us into the background ignores SIGINT, and children would inherit that
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )

    def run(self, *more: str, **environment: str) -> Ended:
        """Run to the end."""
        return ended(self.start(*more, **environment))

    def held(self, point: str, count: int = 1, *more: str) -> list[subprocess.Popen[str]]:
        """Start runs and return them once all wait at a point."""
        pauses = self.folder / f"pauses-{time.monotonic_ns()}"
        pauses.mkdir()
        started = [
            self.start(*more, CUSTOMER360_PAUSE_AT=point, CUSTOMER360_PAUSE_FOLDER=str(pauses)) for _ in range(count)
        ]
        until = time.monotonic() + PATIENCE
        while len(list(pauses.glob(f"{point}.*"))) < count:
            for process in started:
                assert process.poll() is None, ended(process).err
            assert time.monotonic() < until, f"no run reached {point}"
            time.sleep(0.02)
        self.pauses = pauses
        return started

    def release(self) -> None:
        """Let the held runs go on."""
        (self.pauses / "go").touch()

    def kill(self, point: str) -> None:
        """Kill a run, and all processes it started, at a point."""
        (process,) = self.held(point)
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate(timeout=PATIENCE)


def ended(process: subprocess.Popen[str]) -> Ended:
    _, err = process.communicate(timeout=PATIENCE)
    return Ended(code=process.returncode, err=err)


def ended_all(processes: Sequence[subprocess.Popen[str]]) -> list[Ended]:
    return [ended(process) for process in processes]
