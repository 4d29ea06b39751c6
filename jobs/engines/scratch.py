"""Scratch: where it lies, on the local disk or beside a cluster's results, and what crashed runs left of it."""

from __future__ import annotations

import os
import re
import tempfile
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

_NAME = re.compile(r"customer360-(?:scratch|spark)-(?:(\d+)-)?\w+(?:\.log)?")
# Spark takes a folder that starts with _ for no data
_SHARED = "_scratch"
_TABLE = "customer360_scratch_"
TABLES = f"{_TABLE}*"
"""What SHOW TABLES finds scratch tables by."""


def new_folder() -> Path:
    """Make a scratch folder of this process."""
    return Path(tempfile.mkdtemp(prefix=f"customer360-scratch-{os.getpid()}-"))


def shared_folder(place: str) -> str:
    """Return a folder of this run's own below `place`, which a cluster's executors share."""
    return f"{place}/{_SHARED}/{uuid.uuid4().hex}"


def table_name(name: str) -> str:
    """Return the name of a new scratch table in the schema of a catalog: letters, digits and _, as catalogs want it."""
    return f"{_TABLE}{uuid.uuid4().hex}_{re.sub(r'[^A-Za-z0-9_]', '_', name)}"


def new_log() -> Path:
    """Make a file for an engine's own messages."""
    handle, name = tempfile.mkstemp(prefix=f"customer360-spark-{os.getpid()}-", suffix=".log")
    os.close(handle)
    return Path(name)


def abandoned(older_than_hours: float) -> Iterator[Path]:
    """Yield scratch whose process is gone.

    The scratch of a process that runs here stays, however old: a number may be used again, and then the scratch goes
    when that process ends. Scratch without a number goes when nothing in it changed for `older_than_hours`.
    """
    for path in sorted(Path(tempfile.gettempdir()).glob("customer360-*")):
        found = _NAME.fullmatch(path.name)
        if found is None:
            continue
        is_left = not _runs(int(found[1])) if found[1] is not None else _age(path) > older_than_hours * 3600
        if is_left:
            yield path


def abandoned_below(place: str, older_than_hours: float) -> Iterator[Path]:
    """Yield the scratch of clusters below a local folder in which nothing changed for `older_than_hours`."""
    for path in sorted(Path(place).glob(f"{_SHARED}/*")):
        if _age(path) > older_than_hours * 3600:
            yield path


def _runs(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _age(path: Path) -> float:
    newest = max((p.stat().st_mtime for p in (path, *path.rglob("*")) if p.exists()), default=time.time())
    return time.time() - newest
