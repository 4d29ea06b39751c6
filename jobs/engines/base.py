"""What a job asks of an engine beyond the DataFrame API."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Protocol

from pyspark.sql import DataFrame, SparkSession


@dataclass(frozen=True, slots=True)
class TableVersion:
    """One Delta table as it stood when the run looked: its Delta id and its version."""

    table_id: str
    version: int


class Engine(Protocol):
    """A running engine."""

    name: str
    spark: SparkSession

    def check_place(self, target: str) -> None:
        """Raise UsageError when the engine cannot keep tables at `target` (a path, URI or catalog name)."""

    def table_version(self, target: str) -> TableVersion | None:
        """Return the current id and version of `target` (a path or a catalog name); None when absent.

        Raises:
            InputError: Something is there that is no readable Delta table.
        """

    def version_at(self, target: str, moment: dt.datetime) -> int | None:
        """Return the last version of a table committed at or before `moment`; None when there was none yet."""

    def keep_scratch_at(self, place: str) -> None:
        """Let `materialise` store below `place`, a folder or URI that results are written to, where that helps."""

    def commit_time(self, target: str, version: int) -> dt.datetime | None:
        """Return when a version of a table was committed; None where the log no longer says."""

    def materialise(self, frame: DataFrame, name: str) -> DataFrame:
        """Compute `frame` once and return a frame that reads the stored result.

        `name` is used for scratch storage; the frame must hold no plain e-mail.
        """

    def vacuum(self, target: str, hours: float) -> None:
        """Delete files that no version of a table in the last `hours` needs."""

    def release(self) -> None:
        """Drop everything `materialise` stored."""

    def stop(self) -> None:
        """Release and end the engine."""
