"""Report files in a local folder or a mounted volume."""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from jobs.errors import UsageError
from jobs.sinks.base import cannot_write


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
            staged.mkdir(parents=True)
            yield staged
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
            path.parent.mkdir(parents=True, exist_ok=True)
            staged.write_bytes(content)
            staged.replace(path)
        except OSError as error:
            staged.unlink(missing_ok=True)
            raise cannot_write(uri, error) from error
