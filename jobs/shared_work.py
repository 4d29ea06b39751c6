"""Work that several analyses of one run need: done once, whoever asks first."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any

from pyspark.sql import DataFrame

from jobs.bounded import collect_rows
from jobs.engines.base import Engine

Key = tuple[str, Hashable]


class SharedWork:
    """Stored frames and collected aggregates by what determines them; lives as long as one run.

    `label` tells the stored frames of one view from those of another: members are read after all are computed.
    """

    def __init__(self, engine: Engine, label: str = "shared") -> None:
        self._engine = engine
        self._label = label
        self._frames: dict[Key, DataFrame] = {}
        self._rows: dict[Key, list[dict[str, Any]]] = {}

    def frame(self, name: str, determined_by: Hashable, build: Callable[[], DataFrame]) -> DataFrame:
        """Return the stored frame for `name` and everything that determines it; build it the first time.

        The frame must hold no plain e-mail.
        """
        key = (name, determined_by)
        if key not in self._frames:
            self._frames[key] = self._engine.materialise(build(), f"{self._label}_{name}_{len(self._frames)}")
        return self._frames[key]

    def rows(self, name: str, determined_by: Hashable, build: Callable[[], DataFrame]) -> list[dict[str, Any]]:
        """Return the rows of an aggregate, collected the first time; each caller gets its own copy."""
        key = (name, determined_by)
        if key not in self._rows:
            self._rows[key] = collect_rows(build(), name)
        return [dict(row) for row in self._rows[key]]
