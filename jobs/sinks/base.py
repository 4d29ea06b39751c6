"""What a report asks of the place it goes to."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

from jobs.errors import InfrastructureError

MANIFEST = "manifest.json"
"""The file whose presence says that a folder is complete; it is moved into place last."""


class Sink(Protocol):
    """Folders of files at one kind of place. A folder is replaced whole, a reader never takes half of it for all."""

    def check(self) -> None:
        """Raise UsageError when nothing can be written here; leaves no trace."""

    def staged(self, folder: str) -> AbstractContextManager[Path]:
        """Yield a local folder to write into; at the end of the block its files become those of `folder`.

        Raises:
            InfrastructureError: The files cannot be written; what `folder` held before is still there.
        """

    def read(self, uri: str) -> bytes | None:
        """Return the content of a file; None where there is none."""

    def sizes(self, folder: str) -> dict[str, int]:
        """Return the size of every file below a folder by its path there; empty where there is none."""

    def put(self, content: bytes, uri: str) -> None:
        """Write one file whole or not at all.

        Raises:
            InfrastructureError: It cannot be written.
        """


def cannot_write(uri: str, error: BaseException) -> InfrastructureError:
    """Return the error for files that did not arrive. Messages of storages can hold keys: only ours are shown."""
    reason = getattr(error, "strerror", None) or type(error).__name__
    return InfrastructureError(
        f"the report cannot be written to {uri} ({reason})", advice="check --reports, permissions and free space"
    )
