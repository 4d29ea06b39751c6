"""docs/write-an-analysis.md, followed to the letter in an empty directory."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "docs" / "write-an-analysis.md").read_text("utf-8")


def test_the_guide_builds_the_shipped_analysis() -> None:
    (definition,) = re.findall(r"```yaml\n(.*?)```", GUIDE, re.DOTALL)
    assert definition == (ROOT / "conf" / "analyses" / "win_back.yml").read_text("utf-8")


def test_every_command_of_the_guide_works_in_an_empty_directory(tmp_path: Path) -> None:
    (definition,) = re.findall(r"```yaml\n(.*?)```", GUIDE, re.DOTALL)
    (tmp_path / "win_back.yml").write_text(definition, "utf-8")
    command = tmp_path / "bin" / "customer360"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nexec {sys.executable} -m jobs.cli "$@"\n', "utf-8")
    command.chmod(0o755)
    path = f"{command.parent}:{os.environ['PATH']}"
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PATH": path, "XDG_CONFIG_HOME": str(tmp_path / "config")}
    for block in re.findall(r"```sh\n(.*?)```", GUIDE, re.DOTALL):
        done = subprocess.run(
            ["sh", "-e", "-c", block],
            cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=300, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
    (report,) = (tmp_path / "reports" / "win_back").glob("*/report.en.md")
    assert "# Win\\-back" in report.read_text("utf-8") or "# Win-back" in report.read_text("utf-8")
