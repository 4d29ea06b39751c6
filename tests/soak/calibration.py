"""The calibration of the tests as a part of the soak: how many reports claim a difference where there is none.

    python -m tests.soak.calibration

Runs `benchmarks/calibration.py`, with the options it is given, and writes the line of `docs/soak.md`.
"""

from __future__ import annotations

import re
import subprocess
import sys

from tests.faults.runs import ROOT
from tests.soak.record import record

_LINE = re.compile(r"^\| `(?P<analysis>\w+)` \| [\d-]+ \| (?P<claims>\d+) of (?P<lakes>\d+) \|", re.MULTILINE)


def main(arguments: list[str]) -> int:
    """Calibrate; return 1 where a bound does not hold."""
    command = [sys.executable, str(ROOT / "benchmarks" / "calibration.py"), *arguments]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    print(done.stdout)
    if done.returncode == 0:
        record("calibration", said(done.stdout))
    return done.returncode


def said(table: str) -> str:
    """Return the result in one line; raise where the table is not what is expected."""
    found = list(_LINE.finditer(table))
    (lakes,) = {line["lakes"] for line in found}
    claims = ", ".join(f"{line['analysis']} {line['claims']}" for line in found)
    return f"of {lakes} lakes in which nothing differs, reports claim a difference in: {claims}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
