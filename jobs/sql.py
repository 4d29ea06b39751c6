"""SQL over the published rows: the views that statements printed in reports are written against."""

from __future__ import annotations

import csv
import io
import re
from typing import Any

from jobs.engines.base import Engine
from jobs.errors import UsageError
from jobs.lake import Lake
from jobs.results import ResultStore, published
from transforms import result_tables

MOST_ROWS = 10_000
_READS = re.compile(r"\s*(?:select|with)\b", re.IGNORECASE)


def register_views(engine: Engine, results: str) -> list[str]:
    """Make one temporary view per result table, named as the table, of the published rows; return their names."""
    store = ResultStore(engine, Lake.at(results))
    found = [name for name in result_tables.NAMES if store.exists(name)] if store.exists("publications") else []
    for name in found:
        published(engine.spark, results, name).createOrReplaceTempView(name)
    return found


def query(engine: Engine, results: str, statement: str) -> str:
    """Run one query over the published rows and return its rows as CSV, at most `MOST_ROWS`.

    Raises:
        UsageError: Nothing is published, the statement is no query, or the engine refuses it.
    """
    if not _READS.match(statement):
        raise UsageError("only queries are run; the statement starts with neither SELECT nor WITH")
    if not register_views(engine, results):
        raise UsageError(f"{results} holds no published results", advice="run an analysis first: customer360 run")
    try:
        frame = engine.spark.sql(statement)
        rows = frame.limit(MOST_ROWS).collect()
    except Exception as error:
        raise UsageError(
            f"the engine refuses the statement ({type(error).__name__})",
            advice=f"tables are {', '.join(result_tables.NAMES)}; columns: docs/result-tables.md",
        ) from error
    return _csv(frame.columns, [tuple(row) for row in rows])


def _csv(columns: list[str], rows: list[tuple[Any, ...]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(["" if value is None else _safe(value) for value in row] for row in rows)
    return text.getvalue().rstrip("\n")


def _safe(value: Any) -> Any:
    # a spreadsheet would run a text that starts like a formula
    return f"'{value}" if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r") else value
