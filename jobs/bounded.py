"""Bring bounded aggregates to the driver; the cap is in code, and passing it is an error."""

from __future__ import annotations

import logging
from typing import Any

from pyspark.sql import DataFrame, Row

from jobs.engines.failures import is_given_up, kinds
from jobs.errors import InputError

logger = logging.getLogger(__name__)

ROW_CAP = 50_000


def collect_rows(frame: DataFrame, what: str, cap: int = ROW_CAP) -> list[dict[str, Any]]:
    """Return the rows of an aggregate as dicts.

    Raises:
        InputError: The aggregate has more than `cap` rows, so it is no summary.
    """
    rows = _first_rows(frame, cap + 1, what)
    if len(rows) > cap:
        raise InputError(
            f"{what} has more than {cap} rows",
            advice="a category column holds nearly as many values as customers; leave it out of the definition",
        )
    return [row.asDict(recursive=True) for row in rows]


def _first_rows(frame: DataFrame, n: int, what: str) -> list[Row]:
    """Collect `n` rows, and once more where the engine gave up on the way: reading changes nothing.

    A cluster does so for passing reasons (a lost block, a broken stream) that a night's run should not fail for.
    The second query is a new one: the old one's plan holds what failed.
    """
    try:
        return frame.limit(n).collect()
    except Exception as error:
        if not is_given_up(error):
            raise
        logger.warning("reading %s once more: the engine gave up (%s)", what, kinds(error))
    return frame.limit(n).collect()


def collect_one(frame: DataFrame, what: str) -> dict[str, Any]:
    """Return the only row of an aggregate as a dict."""
    return collect_rows(frame, what, cap=1)[0]
