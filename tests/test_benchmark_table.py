"""The README shows what was measured, and what was measured is committed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_the_table_of_the_readme_is_the_one_that_was_measured() -> None:
    command = [sys.executable, str(ROOT / "benchmarks" / "readme_table.py")]
    table = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert table.strip() in (ROOT / "README.md").read_text("utf-8")
