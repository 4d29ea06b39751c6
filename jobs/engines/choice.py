"""Which engine does the work where nobody named one."""

from __future__ import annotations

import os
from collections.abc import Sequence
from importlib.util import find_spec

from jobs.errors import UsageError


def is_managed() -> bool:
    """Whether somebody else decided master and jars: spark-submit, Spark Connect or Databricks."""
    return any(name in os.environ for name in ("PYSPARK_GATEWAY_PORT", "SPARK_REMOTE", "DATABRICKS_RUNTIME_VERSION"))


def choose_engine(places: Sequence[str], connect: str | None = None) -> tuple[str, str]:
    """Return the engine for tables at these places, and why.

    A session that is given (spark-submit, Databricks, --connect) is used. Else the embedded engine, which starts in a
    second and needs no Java, where it is installed and can work at all the places; else Apache Spark.

    Raises:
        UsageError: Neither is installed.
    """
    if connect is not None:
        return "spark", "--connect names its server"
    if is_managed():
        return "spark", "a session is given"
    if find_spec("pysail") is None:
        if find_spec("delta") is None:
            raise UsageError(
                "no engine is installed",
                advice="pip install 'customer360-cohorts[embedded]' (no Java) or 'customer360-cohorts[spark]'",
            )
        return "spark", "the embedded engine is not installed"
    refused = _refused(places)
    if refused and find_spec("delta"):
        return "spark", f"the embedded engine does not work at '{refused[0]}'"
    return "embedded", "it needs no Java; the other is --engine spark"


def _refused(places: Sequence[str]) -> list[str]:
    """Return the places that the embedded engine does not take, or where it gives no guarantee."""
    from jobs.engines.embedded import refusal
    from jobs.lake import Lake

    found = [Lake.at(place).base for place in places]
    return [base for base in found if "://" in base or refusal(base) is not None]
