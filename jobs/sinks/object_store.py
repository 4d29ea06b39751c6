"""Storages that fsspec speaks: s3, gs, abfss, memory and many more."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any


class FsspecStorage:
    """A file system of fsspec; credentials are found as its package finds them."""

    def __init__(self, uri: str) -> None:
        """Take the file system of the URI's scheme.

        Raises:
            ImportError: fsspec, or the package for the scheme, is not installed.
            ValueError: fsspec does not know the scheme.
        """
        from fsspec.core import url_to_fs

        self._files: Any = url_to_fs(uri)[0]

    def upload(self, local: Path, uri: str) -> None:
        """Copy a local file."""
        self._make_folder_of(uri)
        self._files.put_file(str(local), self._path(uri))

    def move(self, source: str, target: str) -> None:
        """Copy and remove, or rename where the storage can."""
        self._make_folder_of(target)
        self._files.mv(self._path(source), self._path(target))

    def remove(self, uri: str) -> None:
        """Remove a file or folder."""
        self._files.rm(self._path(uri), recursive=True)

    def read(self, uri: str) -> bytes | None:
        """Return a file's bytes."""
        self._files.invalidate_cache()
        with contextlib.suppress(FileNotFoundError):
            return bytes(self._files.cat_file(self._path(uri)))
        return None

    def sizes(self, folder: str) -> dict[str, int]:
        """Return path below the folder to size."""
        self._files.invalidate_cache()
        base = self._path(folder).rstrip("/")
        found = self._files.find(base, detail=True) if self._files.isdir(base) else {}
        return {name[len(base) + 1 :]: int(entry["size"]) for name, entry in found.items()}

    def _path(self, uri: str) -> str:
        return str(self._files._strip_protocol(uri))

    def _make_folder_of(self, uri: str) -> None:
        self._files.makedirs(self._files._parent(self._path(uri)), exist_ok=True)
