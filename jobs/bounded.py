"""Bring bounded aggregates to the driver; the cap is in code, and passing it is an error."""

from __future__ import annotations

from typing import Any

from pyspark.sql import DataFrame

from jobs.errors import InputError

ROW_CAP = 50_000


def collect_rows(frame: DataFrame, what: str, cap: int = ROW_CAP) -> list[dict[str, Any]]:
    """Return the rows of an aggregate as dicts.

    Raises:
        InputError: The aggregate has more than `cap` rows, so it is no summary.
    """
    rows = frame.limit(cap + 1).collect()
    if len(rows) > cap:
        raise InputError(
            f"{what} has more than {cap} rows",
            advice="a category column holds nearly as many values as customers; leave it out of the definition",
        )
    return [row.asDict(recursive=True) for row in rows]


def collect_one(frame: DataFrame, what: str) -> dict[str, Any]:
    """Return the only row of an aggregate as a dict."""
    return collect_rows(frame, what, cap=1)[0]
