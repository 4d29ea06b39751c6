"""The two engines: Apache Spark and the embedded one (Sail). One process holds one of them."""

from __future__ import annotations

from collections.abc import Mapping

from jobs.engines.base import Engine
from jobs.errors import UsageError, nearest

NAMES = ("spark", "embedded")

__all__ = ["NAMES", "Engine", "start_engine"]


def start_engine(name: str, conf: Mapping[str, str] | None = None, connect: str | None = None) -> Engine:
    """Start the named engine; the modules are imported only when asked for.

    Args:
        name: `spark` or `embedded`.
        conf: Run-time session settings, applied on top of the defaults.
        connect: Address of a Spark Connect server to run on, `sc://host:15002`; only with `spark`.

    Raises:
        UsageError: The name is unknown or the engine's packages are not installed.
    """
    if name == "spark":
        from jobs.engines.apache_spark import ApacheSparkEngine

        return ApacheSparkEngine(conf or {}, connect)
    if name == "embedded":
        if connect is not None:
            raise UsageError("--connect names a Spark server; the embedded engine is none", advice="use --engine spark")
        from jobs.engines.embedded import EmbeddedEngine

        return EmbeddedEngine(conf or {})
    raise UsageError(f"unknown engine '{name}'; expected one of {', '.join(NAMES)}{nearest(name, NAMES)}")
