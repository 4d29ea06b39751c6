"""Write a synthetic lake: the engine makes the tables, in parallel, from nothing but row numbers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import cast

from pyspark.errors import PySparkException
from pyspark.sql import SparkSession

from jobs import progress
from jobs.errors import UsageError, nearest
from jobs.lake import Lake
from transforms import synthetic
from transforms.input_tables import TABLES
from transforms.synthetic.description import to_markdown

# Settings of Apache Spark; the embedded engine knows neither.
_WHILE_MADE = {
    # a whole stage of 57 made-up columns is one method, too large for the JVM to compile: it took twice as long
    "spark.sql.codegen.wholeStage": "false",
    # least and greatest values of 32 columns took half of the time, and no reader of a lake skips files by them
    "spark.databricks.delta.stats.collect": "false",
}

DESCRIPTION_JSON = "generated.json"
DESCRIPTION_MARKDOWN = "GENERATED.md"


def generate(
    spark: SparkSession,
    *,
    lake: str,
    shape: str,
    customers: int | None = None,
    seed: int = 42,
    effects: bool = True,
    giants: bool | None = None,
    mapping: bool = False,
) -> dict[str, int]:
    """Write the tables of one shape of data and what was planted in them.

    A lake generated before is overwritten. A folder that holds anything else is refused.

    Args:
        spark: the session of either engine.
        lake: folder or URI, one Delta table per folder below it, or `catalog.schema`.
        shape: `first`, `second` or `scale`.
        customers: number of customers; default 4,734, for `scale` 342,000.
        seed: decides every value.
        effects: false gives a lake where nothing differs but by chance.
        giants: whether a few e-mails own 2**10 to 2**18 funnel rows; default: `first`, 4,000 customers on.
        mapping: also write customer360__mapping, by which addresses join.

    Returns:
        dict: table name to number of rows.

    Raises:
        UsageError: unknown shape, too few customers, or a folder that holds other things.
    """
    if shape not in synthetic.SHAPES:
        expected = ", ".join(synthetic.SHAPES)
        raise UsageError(f"unknown shape '{shape}'; expected one of {expected}{nearest(shape, synthetic.SHAPES)}")
    if customers is not None and customers < synthetic.MINIMUM_CUSTOMERS:
        raise UsageError(
            f"--customers {customers} is too few; expected {synthetic.MINIMUM_CUSTOMERS} or more",
            advice="the planted hazards need room",
        )
    plan = synthetic.plan_lake(
        cast(synthetic.Shape, shape),
        customers=customers,
        seed=seed,
        effects=effects,
        giants=giants,
        mapping=mapping,
    )
    place = Lake.at(lake)
    rows = synthetic.rows_per_table(plan)
    counts = {TABLES[role].name: count for role, count in rows.items()}
    folder = _local_folder(place)
    if folder is not None:
        _refuse_foreign_content(folder, set(counts))
        folder.mkdir(parents=True, exist_ok=True)
        # Written before the tables: a lake that a crash left unfinished can be generated again.
        _write_description(folder, synthetic.describe(plan, counts))
    with _made_for_writing(spark):
        progress.expect(len(rows))
        for role, count in rows.items():
            progress.step(f"making {TABLES[role].name}")
            place.save(synthetic.input_table(spark.range(count), plan, role), TABLES[role].name)
    return counts


@contextmanager
def _made_for_writing(spark: SparkSession) -> Iterator[None]:
    """Set what suits wide made-up rows while tables are made, and put back what was there."""
    before = {name: spark.conf.get(name, "true") or "true" for name in _WHILE_MADE}
    try:
        for name, value in _WHILE_MADE.items():
            # a server that keeps a setting to itself is slower, not wrong
            with suppress(PySparkException):
                spark.conf.set(name, value)
        yield
    finally:
        for name, value in before.items():
            with suppress(PySparkException):
                spark.conf.set(name, value)


def _local_folder(place: Lake) -> Path | None:
    """Return the lake's folder; None for a catalog or a remote URI, where files are not ours to write."""
    is_remote = place.is_catalog or "://" in place.base or place.base.startswith("dbfs:")
    return None if is_remote else Path(place.base)


def _refuse_foreign_content(folder: Path, tables: set[str]) -> None:
    if folder.is_file():
        raise UsageError("the lake is a file; expected a folder", advice="choose another --lake")
    if not folder.exists():
        return
    found = {entry.name for entry in folder.iterdir() if not entry.name.startswith(".")}
    foreign = found - tables - {DESCRIPTION_JSON, DESCRIPTION_MARKDOWN}
    if foreign:
        first = sorted(foreign)[0]
        raise UsageError(
            f"the lake holds other things than the tables of this shape, such as '{first}'",
            advice="choose an empty folder; nothing was written",
        )
    if found and DESCRIPTION_JSON not in found:
        raise UsageError(
            f"the lake holds tables that were not generated (no {DESCRIPTION_JSON})",
            advice="choose an empty folder; nothing was written",
        )


def _write_description(folder: Path, description: dict[str, object]) -> None:
    text = json.dumps(description, indent=2, ensure_ascii=False) + "\n"
    (folder / DESCRIPTION_JSON).write_text(text, encoding="utf-8")
    (folder / DESCRIPTION_MARKDOWN).write_text(to_markdown(description), encoding="utf-8")
