"""A place that holds Delta tables: a folder or URI with one table per folder, or a catalog.schema."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pyspark.sql import DataFrame, SparkSession

from jobs.engines.base import Engine, TableVersion
from jobs.errors import InputError

_IDENTIFIER = r"[A-Za-z_][A-Za-z0-9_\-]*"
_CATALOG = re.compile(rf"{_IDENTIFIER}\.{_IDENTIFIER}(\.{_IDENTIFIER})?")


@dataclass(frozen=True, slots=True)
class Lake:
    """Where tables lie. `catalog.schema` (no slash, not an existing folder) names a catalog; the rest is a path."""

    base: str
    is_catalog: bool

    @classmethod
    def at(cls, place: str) -> Lake:
        """Return the lake that `place` names; relative folders become absolute."""
        is_path = "/" in place or ":" in place or place.startswith((".", "~")) or Path(place).exists()
        if not is_path and _CATALOG.fullmatch(place):
            return cls(place, is_catalog=True)
        if "://" in place or place.startswith("dbfs:"):
            return cls(place.rstrip("/"), is_catalog=False)
        return cls(str(Path(place).expanduser().resolve()), is_catalog=False)

    def target(self, table: str) -> str:
        """Return the path or catalog name of one table."""
        return f"{self.base}.{table}" if self.is_catalog else f"{self.base}/{table}"

    def read(self, spark: SparkSession, table: str, version: int | None = None) -> DataFrame:
        """Return the table as of `version`, or as it is now."""
        reader = spark.read.format("delta")
        if version is not None:
            reader = reader.option("versionAsOf", version)
        return reader.table(self.target(table)) if self.is_catalog else reader.load(self.target(table))

    def save(self, frame: DataFrame, table: str, *, mode: str = "overwrite") -> None:
        """Write `frame` as a Delta table; `mode` is Spark's."""
        writer = frame.write.format("delta").mode(mode)
        if self.is_catalog:
            writer.saveAsTable(self.target(table))
        else:
            writer.save(self.target(table))


@dataclass(frozen=True, slots=True)
class PinnedTable:
    """One input table, read only at the version found at the start of the run."""

    role: str
    name: str
    version: TableVersion
    frame: DataFrame

    @property
    def label(self) -> str:
        """How messages name it: table@version."""
        return f"{self.name}@v{self.version.version}"


@dataclass(frozen=True, slots=True)
class Moment:
    """Which versions of tables are read: the last ones of a moment, or those named; else the current ones."""

    as_of: dt.datetime | None = None
    versions: Mapping[str, int] = field(default_factory=dict)


NOW = Moment()


def pin(engine: Engine, lake: Lake, role: str, name: str, moment: Moment = NOW) -> PinnedTable | None:
    """Resolve a table to a version and return it pinned there; None when the lake has none.

    Raises:
        InputError: The table had no version at that moment, or no longer has the version named.
    """
    target = lake.target(name)
    current = engine.table_version(target)
    if current is None:
        return None
    number = moment.versions.get(name, current.version)
    if moment.as_of is not None:
        found = engine.version_at(target, moment.as_of)
        if found is None:
            raise InputError(
                f"{name} has no version committed at or before {moment.as_of:%Y-%m-%d %H:%M:%S} UTC",
                advice="choose a later --as-of; versions older than the log's retention are gone",
            )
        number = found
    try:
        frame = lake.read(engine.spark, name, number)
        frame.schema  # noqa: B018 - a version that is gone shows here, not in the middle of the run
    except Exception as error:
        raise InputError(
            f"{name}@v{number} can no longer be read ({type(error).__name__}); the newest is v{current.version}",
            advice="read the current version, or one that was not vacuumed",
        ) from error
    return PinnedTable(role, name, TableVersion(current.table_id, number), frame)
