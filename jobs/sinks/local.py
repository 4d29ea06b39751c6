"""Report files in a local folder or a mounted volume."""

from __future__ import annotations

import contextlib
import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from jobs.errors import UsageError
from jobs.sinks.base import cannot_write

# A report tells of customers in groups: the owner writes, the group may read.
_NOT_FOR_OTHERS = 0o027


class LocalSink:
    """Folders are written beside their place and renamed, which a reader sees as one step."""

    def __init__(self, base: str) -> None:
        self._base = Path(base)

    def check(self) -> None:
        """Refuse a place that is a file, or below one."""
        found = next(place for place in (self._base, *self._base.parents) if place.exists())
        if not found.is_dir():
            raise UsageError(f"--reports {self._base}: {found} is a file", advice="choose a folder")

    @contextmanager
    def staged(self, folder: str) -> Iterator[Path]:
        """Yield a hidden folder beside the place, then put it there."""
        place = Path(folder)
        staged = place.with_name(f".{place.name}.{uuid.uuid4().hex[:8]}")
        old = place.with_name(f".{place.name}.old-{uuid.uuid4().hex[:8]}")
        try:
            _make_folder(staged)
            yield staged
            _keep_from_others(staged)
            if place.exists():
                place.rename(old)
            staged.rename(place)
        except OSError as error:
            if old.exists() and not place.exists():
                old.rename(place)
            raise cannot_write(folder, error) from error
        finally:
            shutil.rmtree(staged, ignore_errors=True)
            shutil.rmtree(old, ignore_errors=True)

    def read(self, uri: str) -> bytes | None:
        """Return a file's bytes."""
        path = Path(uri)
        return path.read_bytes() if path.is_file() else None

    def sizes(self, folder: str) -> dict[str, int]:
        """Return path below the folder to size."""
        base = Path(folder)
        return {path.relative_to(base).as_posix(): path.stat().st_size for path in base.rglob("*") if path.is_file()}

    def put(self, content: bytes, uri: str) -> None:
        """Write beside the file, then replace it."""
        path = Path(uri)
        staged = path.with_name(f".{path.name}.{os.getpid()}.new")
        try:
            _make_folder(path.parent)
            staged.write_bytes(content)
            _keep_from_others(staged)
            staged.replace(path)
        except OSError as error:
            staged.unlink(missing_ok=True)
            raise cannot_write(uri, error) from error


def _make_folder(folder: Path) -> None:
    """Make a folder and those above it; others may not look into the ones that are new."""
    new = [place for place in (folder, *folder.parents) if not place.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    for place in new:
        _keep_from_others(place)


def _keep_from_others(place: Path) -> None:
    """Take from a file, or a folder and all it holds, what the umask leaves to others, and writing from the group."""
    # a mounted volume may know no modes: there its own grants count
    with contextlib.suppress(OSError):
        for path in (place, *place.rglob("*")):
            path.chmod(path.stat().st_mode & 0o777 & ~_NOT_FOR_OTHERS)
