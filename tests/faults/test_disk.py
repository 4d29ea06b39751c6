"""The disk is full: the size a process may write is taken away from it at a point of the protocol."""

from __future__ import annotations

import os
import resource
import subprocess
from pathlib import Path

import pytest

from tests.faults.readers import rows_of, seen
from tests.faults.runs import Place, ended


def take_all_space(process: subprocess.Popen[str]) -> None:
    """Let no process of the run write to a file any more."""
    for found in Path("/proc").glob("[0-9]*"):
        pid = int(found.name)
        try:
            if os.getpgid(pid) == process.pid:
                resource.prlimit(pid, resource.RLIMIT_FSIZE, (0, 0))
        except ProcessLookupError:
            continue


@pytest.mark.parametrize("point", ["started", "computed", "staging", "audited", "report_moved"])
def test_a_full_disk_ends_with_exit_code_6_and_readers_keep_what_they_had(place: Place, point: str) -> None:
    before = seen(place.results)
    assert before is not None
    versions = rows_of(place.results, "publications")
    (process,) = place.held(point)
    take_all_space(process)
    place.release()
    done = ended(process)
    assert done.code == 6, done.err
    last = done.err.splitlines()[-1]
    assert last.startswith("C360-INFRA exit=6: ")
    assert "no space is left" in last or "File too large" in last
    assert "Traceback" not in done.err
    assert seen(place.results) == before
    assert rows_of(place.results, "publications") == versions
    again = place.run()
    assert again.code == 0, again.err
    after = seen(place.results)
    assert after is not None
    assert (after.generation, after.customers) == (2, 50)
