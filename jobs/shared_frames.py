"""Frames that several analyses of one run need: built and stored once, whoever asks first."""

from __future__ import annotations

from collections.abc import Callable, Hashable

from pyspark.sql import DataFrame

from jobs.engines.base import Engine


class SharedFrames:
    """Materialised frames by what determines them; lives as long as one run."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._frames: dict[tuple[str, Hashable], DataFrame] = {}

    def once(self, name: str, determined_by: Hashable, build: Callable[[], DataFrame]) -> DataFrame:
        """Return the stored frame for `name` and everything that determines it; build it the first time.

        The frame must hold no plain e-mail.
        """
        key = (name, determined_by)
        if key not in self._frames:
            self._frames[key] = self._engine.materialise(build(), f"{name}_{len(self._frames)}")
        return self._frames[key]
