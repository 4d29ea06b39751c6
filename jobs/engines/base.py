"""What a job asks of an engine beyond the DataFrame API."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from pyspark.sql import DataFrame, SparkSession


@dataclass(frozen=True, slots=True)
class TableVersion:
    """One Delta table as it stood when the run looked: its Delta id and its version."""

    table_id: str
    version: int


@dataclass(frozen=True, slots=True)
class NewColumn:
    """A column of a table that is created; `kind` is its type as DDL writes it."""

    name: str
    kind: str
    comment: str
    is_required: bool


class Engine(Protocol):
    """A running engine."""

    name: str
    spark: SparkSession
    # whether to find rows by a join before they are sorted (see `with_snapshot_flags`)
    joins_cheaply: bool

    def check_place(self, target: str) -> None:
        """Raise UsageError when the engine cannot keep tables at `target` (a path, URI or catalog name)."""

    def create_table(self, target: str, columns: Sequence[NewColumn], checks: Mapping[str, str]) -> None:
        """Create a Delta table with column comments, NOT NULL and CHECK constraints, unless it is there.

        A commit for the table and one per constraint: a run that is killed between them leaves a table without the
        constraint, which the next creation does not repair. What constraints hold, the audit holds as well.
        """

    def table_version(self, target: str) -> TableVersion | None:
        """Return the current id and version of `target` (a path or a catalog name); None when absent.

        Raises:
            InputError: Something is there that is no readable Delta table.
        """

    def version_at(self, target: str, moment: dt.datetime) -> int | None:
        """Return the last version of a table committed at or before `moment`; None when there was none yet."""

    def keep_scratch_at(self, place: str) -> None:
        """Let `materialise` store below `place`, a folder, URI or schema for results, where that helps."""

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

    def drop_abandoned(self, schema: str, older_than_hours: float) -> int:
        """Drop the scratch tables of crashed runs from a catalog's schema; return how many.

        Those written less than `older_than_hours` ago stay: their run may still need them.
        """

    def stop(self) -> None:
        """Release and end the engine."""
