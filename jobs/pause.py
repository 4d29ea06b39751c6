"""Points at which a run can be held, so that a test can kill it or let another run overtake it there.

Nothing happens unless the environment names a point (CUSTOMER360_PAUSE_AT) and a folder (CUSTOMER360_PAUSE_FOLDER).
"""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Literal

Point = Literal[
    "started",
    "read",
    "computed",
    "staging",
    "staged",
    "audited",
    "report_written",
    "report_moved",
    "published",
    "ended",
]
_LOOK_EVERY = 0.02


def reached(point: Point) -> None:
    """Say that the point is reached by a file of its name, and wait for a file `go` beside it."""
    if os.environ.get("CUSTOMER360_PAUSE_AT") != point:
        return
    folder = Path(os.environ["CUSTOMER360_PAUSE_FOLDER"])
    (folder / f"{point}.{os.getpid()}").touch()
    while not (folder / "go").exists():
        time.sleep(_LOOK_EVERY)
