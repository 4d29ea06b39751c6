from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from jobs.engines import start_lock

HOLDS = """
import sys, time
from jobs.engines import start_lock

with start_lock.alone():
    print("held", flush=True)
    sys.stdin.read()
"""


def _holder() -> subprocess.Popen[str]:
    process = subprocess.Popen([sys.executable, "-c", HOLDS], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def test_a_second_start_waits_until_the_first_is_done(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    first = _holder()
    started = time.monotonic()
    with start_lock.alone(patience=0.3):
        waited = time.monotonic() - started
    assert waited >= 0.3
    first.kill()
    first.wait()
    # a process that is gone holds nothing
    with start_lock.alone(patience=60):
        assert time.monotonic() - started < 30


def test_without_a_place_for_the_lock_nobody_waits(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", "utf-8")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    with start_lock.alone():
        pass
