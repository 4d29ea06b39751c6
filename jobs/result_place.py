"""What is told of the place of the results before anything is computed: whose it is, whether it can be written."""

from __future__ import annotations

import logging
import os
import re
import tempfile
from collections.abc import Iterable
from pathlib import Path

from pyspark.sql import DataFrame

from jobs.engines.base import Engine
from jobs.engines.failures import reading
from jobs.errors import InfrastructureError, InputError, UsageError
from jobs.lake import Lake
from jobs.local_frames import local_frame
from jobs.results import ResultStore
from transforms import result_tables

logger = logging.getLogger(__name__)

_NO_SCHEMA = re.compile(r"(CATALOG|SCHEMA|DATABASE|NAMESPACE)\w*_NOT_FOUND")


def refuse_inputs_as_outputs(lake: Lake, tables: Iterable[str], results: Lake, reports: str) -> None:
    """Refuse results in the lake itself, and results or reports inside one of its tables.

    `tables` are the names of the input tables. Links in local paths are followed.

    Raises:
        UsageError: They would be written over, or among, what is read.
    """
    if _real(results.base) == _real(lake.base):
        raise UsageError(
            f"--results and --lake are the same place: {lake.base}",
            advice="choose a folder or schema of its own for the results",
        )
    if lake.is_catalog:
        return
    for table in tables:
        inside = _real(lake.target(table))
        for option, place in (("--results", results.base), ("--reports", reports)):
            found = _real(place)
            if found == inside or found.startswith(f"{inside}/"):
                raise UsageError(f"{option} {place} lies inside the input table {table}", advice="choose another place")


def check_writable(results: Lake) -> None:
    """Look whether a local folder can be written; leaves no trace. Elsewhere only writing tells.

    Raises:
        InfrastructureError: It, or a table in it, cannot.
    """
    if results.is_catalog or ":" in results.base:
        return
    base = Path(results.base)
    tables = [base / name for name in result_tables.NAMES if (base / name).exists()]
    try:
        nearest = next(place for place in (base, *base.parents) if place.exists())
        with tempfile.TemporaryFile(dir=nearest):
            pass
        for folder in (part for table in tables for part in (table, table / "_delta_log") if part.exists()):
            if not os.access(folder, os.W_OK | os.X_OK):
                raise PermissionError(13, "Permission denied")
    except OSError as error:
        raise InfrastructureError(
            f"the results cannot be written to {results.base} ({error.strerror})",
            advice="check --results and who may write there; nothing was computed",
        ) from error


def check_schema_exists(engine: Engine, results: Lake) -> None:
    """Look whether the schema of a catalog is there: tables are made in it, it is its owner's to make.

    Raises:
        UsageError: It, or its catalog, is not; or the engine knows no catalogs.
    """
    if not results.is_catalog:
        return
    engine.check_place(results.base)
    try:
        exists = engine.spark.catalog.databaseExists(results.base)
    except Exception as error:
        # a catalog that is not there; what else may be wrong is told where tables are looked at
        exists = not _NO_SCHEMA.search(str(error))
    if not exists:
        raise UsageError(
            f"there is no schema {results.base} for the results",
            advice=f"check --results, or make it: CREATE SCHEMA {results.base}",
        )


def may_lose_commits(base: str, log_store: str | None, *, is_databricks: bool) -> bool:
    """Whether two drivers that write the results at once could overwrite each other's commits.

    S3 through Hadoop puts an object whether or not there is one; Delta needs a log store that does not.
    """
    scheme = base.partition("://")[0].lower()
    return scheme in ("s3", "s3a", "s3n") and not is_databricks and not log_store


def warn_of_lost_commits(engine: Engine, results: Lake) -> None:
    """Say so in the log where commits of several writers could be lost."""
    scheme = results.base.partition("://")[0]
    if engine.name != "spark" or scheme == results.base:
        return
    is_databricks = "DATABRICKS_RUNTIME_VERSION" in os.environ
    log_store = engine.spark.conf.get(f"spark.delta.logStore.{scheme}.impl", None)
    if may_lose_commits(results.base, log_store, is_databricks=is_databricks):
        logger.warning(
            "results on %s://: two runs at once could lose a commit; let one scheduler write, or set "
            "spark.delta.logStore.%s.impl to a log store for several writers",
            scheme,
            scheme,
        )


def check_schemas(store: ResultStore) -> None:
    """Compare the result tables that are there with those of this version; none is ever changed by itself.

    Raises:
        InputError: A table has other columns or types.
    """
    for name in result_tables.NAMES:
        if not store.exists(name):
            continue
        with reading(f"{name} in {store.lake.base}"):
            found = _types(store.lake.read(store.spark, name))
            expected = _types(local_frame(store.spark, [], result_tables.ddl(name)))
        differences = [
            *(f"'{column}' is missing" for column in expected if column not in found),
            *(f"'{column}' is not of this version" for column in found if column not in expected),
            *(
                f"'{column}' has type {found[column]}, not {kind}"
                for column, kind in expected.items()
                if column in found and found[column] != kind
            ),
        ]
        if differences:
            shown = "; ".join(differences[:5]) + (f"; and {len(differences) - 5} more" if len(differences) > 5 else "")
            raise InputError(
                f"result table {name} in {store.lake.base} was made by another version: {shown}",
                advice="choose another --results, or change the table (docs/reliability.md); nothing was computed",
            )


def _types(frame: DataFrame) -> dict[str, str]:
    return {field.name: field.dataType.simpleString() for field in frame.schema.fields}


def _real(place: str) -> str:
    path = re.sub("^file:/+", "/", place)
    if ":" in path:
        return path.rstrip("/")
    # names in a catalog know no case
    return str(Path(path).resolve()) if path.startswith("/") else path.lower()
