"""The phases of a run, out of its log: `customer360 --verbose --log-format json run`."""

from __future__ import annotations

import datetime as dt
import itertools
import json
from collections.abc import Sequence
from dataclasses import dataclass

_DRAWING = "writing the report of "


@dataclass(frozen=True, slots=True)
class Phase:
    """What began, and the seconds until the next thing did."""

    name: str
    seconds: float


def phases_of(log: str) -> list[Phase]:
    """Return the phases in order; the first is the start of the engine, the last ends with the last line."""
    lines = [json.loads(line) for line in log.splitlines() if line.startswith("{")]
    times = [(dt.datetime.fromisoformat(line["at"]), str(line["message"])) for line in lines]
    return [
        Phase(message, round((after - at).total_seconds(), 3))
        for (at, message), (after, _) in itertools.pairwise(times)
    ]


def drawing(phases: Sequence[Phase]) -> float:
    """Return the seconds that reports took: words, pictures, pages."""
    return sum(phase.seconds for phase in phases if phase.name.startswith(_DRAWING))
