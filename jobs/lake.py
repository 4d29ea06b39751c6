"""A place that holds Delta tables: a folder or URI with one table per folder, or a catalog.schema."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from pyspark.sql import DataFrame, SparkSession

from jobs.engines.base import Engine, TableVersion

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


def pin(engine: Engine, lake: Lake, role: str, name: str) -> PinnedTable | None:
    """Resolve a table to its current version and return it pinned there; None when the lake has none."""
    version = engine.table_version(lake.target(name))
    if version is None:
        return None
    return PinnedTable(role, name, version, lake.read(engine.spark, name, version.version))
