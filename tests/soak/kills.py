"""Runs killed with SIGKILL: at random moments, or at the points of the protocol; readers never see half a run.

    python -m tests.soak.kills --engine embedded --kills 200
    python -m tests.soak.kills --engine spark --each 1
    python -m tests.soak.kills --engine spark --connect --each 5

With --connect the runs are clients of one Spark Connect server, which outlives them: no session to start, and what a
dead client asked for the server still does. After every kill readers see the whole of one publication, and the next
run publishes the lake as it is then.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import get_args

from jobs.pause import Point
from tests.cluster.processes import connect_server
from tests.faults.conftest import add_customers, value_rows
from tests.faults.readers import Seen, customers_in, seen
from tests.faults.runs import PATIENCE, ROOT, Place
from tests.jobs.small_lake import write
from tests.soak.record import record

# `started` and `ended` are no moments of the publication itself
POINTS = tuple(point for point in get_args(Point) if point not in ("started", "ended"))
_CLEAN_EVERY = 20


def main(arguments: list[str]) -> int:
    """Kill runs as told; raise at the first publication that is lost or mixed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--engine", choices=("embedded", "spark"), required=True)
    parser.add_argument("--kills", type=int, default=0, help="kills at random moments")
    parser.add_argument("--each", type=int, default=0, help=f"kills at each of {len(POINTS)} points")
    parser.add_argument("--connect", action="store_true", help="kill clients of a Spark Connect server")
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args(arguments)
    with contextlib.ExitStack() as stack:
        made = stack.enter_context(tempfile.TemporaryDirectory(prefix="customer360-kills-"))
        url = stack.enter_context(connect_server(Path(made))) if chosen.connect else None
        place = Place(Path(made), chosen.engine, url)
        write(place.lake, "value", value_rows(40))
        began = time.monotonic()
        _publish(place)
        length = time.monotonic() - began
        for number in range(chosen.kills):
            # a run that is not killed in time has simply ended
            after = random.Random(f"{chosen.seed}/{number}").uniform(0, length)
            _one(place, number, lambda after=after: _kill_after(place, after))
        for number, point in enumerate(POINTS * chosen.each):
            _one(place, number, lambda point=point: place.kill(point))
    how = [f"{chosen.kills} at random moments (seed {chosen.seed})"] if chosen.kills else []
    how += [f"{chosen.each} at each of {len(POINTS)} points"] if chosen.each else []
    engine = f"{chosen.engine}, by Spark Connect" if chosen.connect else chosen.engine
    record(f"kills, {engine}", f"{' and '.join(how)}: no publication lost or mixed, every next run published")
    return 0


def _one(place: Place, number: int, kill: object) -> None:
    before = seen(place.results)
    assert before is not None
    add_customers(place.lake, number + 1)
    now = customers_in(place.lake)
    assert callable(kill)
    kill()
    found = seen(place.results)
    assert found is not None
    _whole(found, before, now)
    _publish(place)
    after = seen(place.results)
    assert after is not None
    assert (after.generation, after.customers) == (before.generation + 1, now)
    if number % _CLEAN_EVERY == _CLEAN_EVERY - 1:
        _clean(place)
    state = "new" if found.generation > before.generation else "old"
    print(f"{number + 1}: readers saw the {state} publication, whole", flush=True)


def _whole(found: Seen, before: Seen, now: int) -> None:
    if found.generation == before.generation:
        assert found == before, "the publication before the kill has changed"
    else:
        assert (found.generation, found.customers) == (before.generation + 1, now), "neither the old nor the new one"


def _publish(place: Place) -> None:
    done = place.run()
    assert done.code == 0, done.err


def _kill_after(place: Place, seconds: float) -> None:
    process = place.start()
    try:
        process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate(timeout=PATIENCE)


def _clean(place: Place) -> None:
    before = seen(place.results)
    command = [sys.executable, "-m", "jobs.cli", "clean", f"--results={place.results}", f"--engine={place.engine}"]
    command += [f"--connect={place.connect}"] if place.connect else []
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    subprocess.run([*command, "--older-than=0", "--retain=0"], env=environment, check=True, stdout=subprocess.DEVNULL)
    assert seen(place.results) == before, "clean changed what readers see"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
