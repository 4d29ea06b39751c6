"""One local Apache Spark starts at a time: two that fetch jars into one empty cache spoil each other's files."""

from __future__ import annotations

import contextlib
import fcntl
import os
import time
from collections.abc import Iterator
from pathlib import Path

# A start takes seconds, a first one with its downloads a minute or two; whoever hangs must not stop the others.
PATIENCE_SECONDS = 600
_STEP_SECONDS = 0.1


def user_cache() -> Path:
    """Return the folder for what is kept between runs of this user."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "customer360"


@contextlib.contextmanager
def alone(patience: float = PATIENCE_SECONDS) -> Iterator[None]:
    """Keep other processes of this user from starting meanwhile; without a place for the lock, nobody is kept.

    The lock goes with the process that holds it, however that ends.
    """
    with contextlib.ExitStack() as held:
        with contextlib.suppress(OSError):
            user_cache().mkdir(parents=True, exist_ok=True)
            lock = held.enter_context((user_cache() / "start.lock").open("w"))
            _wait_for(lock.fileno(), patience)
        yield


def _wait_for(descriptor: int, patience: float) -> None:
    until = time.monotonic() + patience
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > until:
                return
            time.sleep(_STEP_SECONDS)
        else:
            return
