"""Run the command as a whole process and read its wall time and peak memory."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True)
class Measured:
    """Wall time and peak memory of one process with its children, and its log."""

    seconds: float
    peak_mb: float
    log: str = ""


class ProcessFailedError(Exception):
    """A process ended with another code than 0: after how long, and with how much memory at most."""

    def __init__(self, message: str, seconds: float, peak_mb: float) -> None:
        super().__init__(message)
        self.seconds = seconds
        self.peak_mb = peak_mb


def customer360(*arguments: str) -> Measured:
    """Run `customer360 ...`."""
    return run("-m", "jobs.cli", *arguments)


def run(*arguments: str, log: Path | None = None) -> Measured:
    """Run Python with these arguments; standard error goes to `log`, if given, and is returned."""
    command = [sys.executable, *arguments]
    started = time.monotonic()
    with contextlib.ExitStack() as files:
        stderr = files.enter_context(log.open("wb")) if log else None
        process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=stderr)
        peak, status = _watched(process)
    seconds = time.monotonic() - started
    text = log.read_text("utf-8", errors="replace") if log else ""
    if status:
        raise ProcessFailedError(f"{' '.join(arguments)} ended with {status}\n{text[-2000:]}", seconds, peak)
    return Measured(seconds, peak, text)


def _watched(process: subprocess.Popen[bytes]) -> tuple[float, int]:
    peak = 0.0
    done = threading.Event()

    def watch() -> None:
        nonlocal peak
        while not done.wait(0.1):
            peak = max(peak, sum(_resident_mb(pid) for pid in _family(process.pid)))

    watcher = threading.Thread(target=watch)
    watcher.start()
    status = process.wait()
    done.set()
    watcher.join()
    return peak, status


def _family(pid: int) -> list[int]:
    found = [pid]
    try:
        tasks = list(Path(f"/proc/{pid}/task").iterdir())
    except OSError:  # it ended between two looks
        return found
    for task in tasks:
        try:
            children = (task / "children").read_text().split()
        except OSError:
            continue
        for child in children:
            found += _family(int(child))
    return found


def _resident_mb(pid: int) -> float:
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except (OSError, IndexError):
        return 0.0
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20
