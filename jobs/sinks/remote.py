"""Report files in a storage that moves single files only: staged there, moved one by one, the manifest last."""

from __future__ import annotations

import contextlib
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from jobs.errors import Customer360Error
from jobs.sinks.base import MANIFEST, cannot_write


class Storage(Protocol):
    """The few steps that differ between storages; their errors are of any class."""

    def upload(self, local: Path, uri: str) -> None:
        """Copy a local file, folders made as needed."""

    def move(self, source: str, target: str) -> None:
        """Move a file, replacing what is there, folders made as needed."""

    def remove(self, uri: str) -> None:
        """Remove a file, or a folder with all it holds."""

    def read(self, uri: str) -> bytes | None:
        """Return the content of a file; None where there is none."""

    def sizes(self, folder: str) -> dict[str, int]:
        """Return path below the folder to size; empty where there is none."""


class RemoteSink:
    """A sink over a storage."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    def check(self) -> None:
        """Only writing tells whether a storage lets us: the choice of the sink has found who speaks its scheme."""

    @contextmanager
    def staged(self, folder: str) -> Iterator[Path]:
        """Yield a temporary folder, upload it beside the place, move its files there."""
        above, _, name = folder.rpartition("/")
        staging = f"{above}/.{name}.{uuid.uuid4().hex[:8]}"
        with tempfile.TemporaryDirectory(prefix="customer360-report-") as made:
            local = Path(made)
            try:
                yield local
            except OSError as error:
                raise cannot_write(made, error) from error
            names = [path.relative_to(local).as_posix() for path in sorted(local.rglob("*")) if path.is_file()]
            names.sort(key=lambda name: name == MANIFEST)
            try:
                for path in names:
                    self._storage.upload(local / path, f"{staging}/{path}")
                for path in names:
                    self._storage.move(f"{staging}/{path}", f"{folder}/{path}")
                for path in self._storage.sizes(folder).keys() - set(names):
                    self._storage.remove(f"{folder}/{path}")
            except Exception as error:
                raise cannot_write(folder, error) from error
            finally:
                # what is left there is hidden; that it stays is no reason to fail
                with contextlib.suppress(Exception):
                    self._storage.remove(staging)

    def read(self, uri: str) -> bytes | None:
        """Return a file's bytes."""
        with _as_ours(uri):
            return self._storage.read(uri)

    def sizes(self, folder: str) -> dict[str, int]:
        """Return path below the folder to size."""
        with _as_ours(folder):
            return self._storage.sizes(folder)

    def put(self, content: bytes, uri: str) -> None:
        """Upload beside the file, then replace it."""
        above, _, name = uri.rpartition("/")
        staging = f"{above}/.{name}.{uuid.uuid4().hex[:8]}"
        with tempfile.TemporaryDirectory(prefix="customer360-report-") as made:
            local = Path(made) / name
            local.write_bytes(content)
            with _as_ours(uri):
                self._storage.upload(local, staging)
                self._storage.move(staging, uri)


@contextmanager
def _as_ours(uri: str) -> Iterator[None]:
    try:
        yield
    except Customer360Error:
        raise
    except Exception as error:
        raise cannot_write(uri, error) from error
