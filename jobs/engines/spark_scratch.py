"""Where Apache Spark stores frames for later use: a laptop's disk, beside a cluster's results, a catalog, executors."""

from __future__ import annotations

import datetime as dt
import logging
import re
import shutil
from collections.abc import Callable
from pathlib import Path

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from jobs.engines import scratch
from jobs.engines.failures import as_ours, kinds, writing
from jobs.engines.table_names import sql_name
from jobs.errors import InfrastructureError

logger = logging.getLogger(__name__)

# What serverless compute of Databricks says to persist().
_NO_STORE = re.compile(r"NOT_SUPPORTED_WITH_SERVERLESS")
_NO_STATISTICS = "'delta.dataSkippingNumIndexedCols' = '0'"
# What is said of a table or schema that is not there: another run may have dropped it in this moment.
_GONE = re.compile(r"(TABLE_OR_VIEW|SCHEMA|TABLE)_NOT_FOUND|DELTA_(MISSING_DELTA_TABLE|TABLE_NOT_FOUND)|does not exist")


class SparkScratch:
    """The stored frames of one session; those of others are dropped only when their runs are long gone."""

    def __init__(self, spark: SparkSession, folder: Path | None, delete: Callable[[str], None]) -> None:
        """Store in `folder`, this machine's own, where there is one; `delete` deletes a folder that executors share."""
        self._spark = spark
        self._folder = folder
        self._delete = delete
        self._shared: str | None = None
        self._schema: str | None = None
        self._tables: list[str] = []
        self._persisted: list[DataFrame] = []

    def keep_at(self, place: str, *, is_server: bool) -> None:
        """Store below `place` on a cluster: what the executors write the results to, all of them see.

        In the schema of a catalog as tables: serverless compute keeps nothing else.
        """
        if self._folder is not None:
            return
        self._schema = self._shared = None
        if "/" not in place:
            self._schema = place
        elif not (is_server and not place.startswith("/")):
            self._shared = scratch.shared_folder(place)

    def store(self, frame: DataFrame, name: str) -> DataFrame:
        """Store `frame` as Parquet or table; persist it in the executors where they share no place.

        A persisted frame keeps its whole lineage, which every later query analyses again: that costs more than
        the data. It is also lost with its executor, a file is not.
        """
        if self._schema is not None:
            return self._store_in_catalog(frame, f"{self._schema}.{scratch.table_name(name)}")
        folder = self._shared or self._folder
        if folder is None:
            return self._persist(frame, name)
        path = f"{folder}/{name}"
        frame.write.mode("overwrite").parquet(path)
        return self._spark.read.schema(frame.schema).parquet(path)

    def _store_in_catalog(self, frame: DataFrame, target: str) -> DataFrame:
        """Make the table, then fill it: a write that is killed leaves nothing that the catalog does not know.

        Without statistics, which would put the smallest and largest values of its columns into the log.
        """
        table = sql_name(target)
        columns = ", ".join(f"`{field.name}` {field.dataType.simpleString()}" for field in frame.schema.fields)
        # noted first: the statement may be carried out although its answer is lost
        self._tables.append(table)
        with writing(f"scratch in {self._schema}"):
            self._spark.sql(f"CREATE TABLE {table} ({columns}) USING DELTA TBLPROPERTIES ({_NO_STATISTICS})").collect()
        frame.write.format("delta").mode("append").saveAsTable(table)
        return self._spark.read.table(table)

    def _persist(self, frame: DataFrame, name: str) -> DataFrame:
        try:
            stored = frame.persist()
        except Exception as error:
            if not _NO_STORE.search(str(error)):
                raise
            # computed at each use: slower, and the same, since the tables are pinned to versions
            logger.info("%s is not kept: serverless compute does not persist", name)
            return frame
        self._persisted.append(stored)
        return stored

    def release(self) -> None:
        """Delete and unpersist what was stored; what cannot be deleted is no reason to fail a run that is done."""
        if self._folder is not None:
            for folder in self._folder.iterdir():
                shutil.rmtree(folder, ignore_errors=True)
        if self._shared is not None:
            self._delete(self._shared)
        self._drop_own()
        try:
            for frame in self._persisted:
                frame.unpersist()
        except Exception as error:
            logger.info("stored frames are left to the end of the session (%s)", kinds(error))
        self._persisted.clear()

    def _drop_own(self) -> None:
        left = 0
        for done, table in enumerate(self._tables):
            try:
                self._spark.sql(f"DROP TABLE IF EXISTS {table}").collect()
            except Exception as error:
                left += 1
                reason = kinds(error)
                if isinstance(as_ours(error), InfrastructureError):
                    # a server that is gone is waited for in minutes, for each table
                    left += len(self._tables) - done - 1
                    break
        if left:
            logger.warning(
                "%d scratch tables stay in %s (%s): customer360 clean drops them", left, self._schema, reason
            )
        self._tables.clear()

    def drop_abandoned(self, schema: str, older_than_hours: float) -> int:
        """Drop scratch tables by SQL; SHOW TABLES names them all, DESCRIBE HISTORY says when each was written."""
        before = dt.datetime.now(dt.UTC) - dt.timedelta(hours=older_than_hours)
        try:
            listed = self._spark.sql(f"SHOW TABLES IN {sql_name(schema)} LIKE '{scratch.TABLES}'").collect()
        except Exception as error:
            # without the schema there is no scratch in it
            if not _GONE.search(str(error)):
                logger.warning("scratch tables in %s cannot be listed and stay (%s)", schema, kinds(error))
            return 0
        return sum(self._drop(sql_name(f"{schema}.{row['tableName']}"), before) for row in listed)

    def _drop(self, table: str, before: dt.datetime) -> bool:
        try:
            # as a number: a timestamp would be shown in the driver's own time zone
            history = self._spark.sql(f"DESCRIBE HISTORY {table}")
            found = history.agg(F.unix_micros(F.max("timestamp")).alias("micros")).collect()
            if dt.datetime.fromtimestamp(found[0]["micros"] / 1_000_000, dt.UTC) > before:
                return False
            self._spark.sql(f"DROP TABLE IF EXISTS {table}").collect()
        except Exception as error:
            if not _GONE.search(str(error)):
                logger.warning("a scratch table stays (%s): only its owner may drop it", kinds(error))
            return False
        return True
