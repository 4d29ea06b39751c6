"""Apache Spark: a local session on a laptop, the given session on a cluster or on Databricks."""

from __future__ import annotations

import contextlib
import datetime as dt
import logging
import os
import re
import shutil
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pyspark
from pyspark.errors import PySparkException
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from jobs.engines import class_archive, delta_log, scratch, start_lock
from jobs.engines.base import NewColumn, TableVersion
from jobs.engines.choice import is_managed
from jobs.engines.java import find_java
from jobs.engines.spark_scratch import SparkScratch
from jobs.engines.table_names import sql_name
from jobs.errors import InfrastructureError, InputError, UsageError

logger = logging.getLogger(__name__)

# Static settings that Delta needs; on a cluster they come from its own configuration.
_DELTA = {
    "spark.sql.extensions": "io.delta.sql.DeltaSparkSessionExtension",
    "spark.sql.catalog.spark_catalog": "org.apache.spark.sql.delta.catalog.DeltaCatalog",
}
# What Delta's jars ask for and Spark brings: its own come first anyway, these would only be fetched and copied.
_SPARKS_OWN = (
    *("com.fasterxml.jackson.core", "com.github.luben", "com.google.code.findbugs", "commons-logging", "commons-pool"),
    *("io.airlift", "org.apache.hadoop", "org.apache.logging.log4j", "org.apache.parquet", "org.locationtech.jts"),
    *("org.roaringbitmap", "org.slf4j", "org.xerial.snappy"),
)
# A laptop's data fit a few partitions; Delta's default of 50 snapshot partitions costs seconds per table.
_LOCAL = {
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.driver.memory": "4g",
    # pauses do not matter here and throughput does: a tenth of a run's time less than with the default collector
    "spark.driver.extraJavaOptions": "-XX:+UseParallelGC",
    "spark.jars.excludes": ",".join(f"{group}:*" for group in _SPARKS_OWN),
    "spark.databricks.delta.snapshotPartitions": "1",
    "spark.sql.shuffle.partitions": "8",
    # else every column operation asks the JVM for the Python line it stands on: a third of the time plans take to build
    "spark.python.sql.dataFrameDebugging.enabled": "false",
    "spark.sql.sources.parallelPartitionDiscovery.parallelism": "8",
}
# Fixed in code on every cluster: results must not depend on a session's settings.
_SESSION = {
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.ansi.enabled": "true",
    "spark.sql.sources.default": "delta",
    "spark.sql.caseSensitive": "false",
    # else a lost file would be half a table
    "spark.sql.files.ignoreMissingFiles": "false",
    "spark.sql.files.ignoreCorruptFiles": "false",
    # the standard type; the default is a legacy one that is slower to write and has no statistics
    "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
}
# What serverless compute of Databricks says to a setting it keeps to itself; its own value is the same.
_KEPT = re.compile(r"CONFIG_NOT_AVAILABLE|CANNOT_MODIFY_CONFIG")
_RETENTION_CHECK = "spark.databricks.delta.retentionDurationCheck.enabled"
_WEEK_HOURS = 168
# Delta lists the files of a table in as many tasks as this says, 10,000 by default: minutes for tables of a few files.
_VACUUM = {"spark.sql.sources.parallelPartitionDiscovery.parallelism": "32"}
_CONNECT_SECONDS = 30
# A session that lived this long has loaded what a run loads: worth an archive, which takes some seconds to write.
_WORKED_SECONDS = 30
_JVM_OPTIONS = "spark.driver.extraJavaOptions"
_ABSENT = re.compile(
    r"DELTA_(MISSING_DELTA_TABLE|TABLE_NOT_FOUND|PATH_DOES_NOT_EXIST)|TABLE_OR_VIEW_NOT_FOUND|PATH_NOT_FOUND"
    r"|SCHEMA_NOT_FOUND|does not exist|DELTA_TABLE_ONLY_OPERATION.*not found"
)


class ApacheSparkEngine:
    """A classic or Connect session of Apache Spark."""

    name = "spark"
    # a join moves and sorts the wide rows, too: twice the time of one sort (3.4 million customers)
    joins_cheaply = False

    def __init__(self, conf: Mapping[str, str], connect: str | None = None) -> None:
        self._log: Path | None = None
        self._scratch: Path | None = None
        self._write_archive: Callable[[], None] | None = None
        # PySpark logs every captured engine error with its values, also when the caller handles it.
        for logger in ("SQLQueryContextLogger", "DataFrameQueryContextLogger"):
            logging.getLogger(logger).setLevel(logging.CRITICAL + 1)
        self._is_own = connect is not None or not is_managed()
        if connect is not None:
            self.spark = _connected_session(connect)
        else:
            self.spark = self._local_session(conf) if self._is_own else self._given_session()
        for key, value in {**_SESSION, **({} if self._scratch else conf)}.items():
            self._set(key, value)
        self._stored = SparkScratch(self.spark, self._scratch, self._delete)

    def _set(self, key: str, value: str) -> None:
        try:
            self.spark.conf.set(key, value)
        except Exception as error:
            if not _KEPT.search(str(error)):
                raise InfrastructureError(
                    f"the session refuses the setting {key} ({type(error).__name__})", advice="check the cluster"
                ) from error
            logger.info("the session keeps its own %s", key)

    def _given_session(self) -> SparkSession:
        return SparkSession.builder.appName("customer360-cohorts").getOrCreate()

    def _local_session(self, conf: Mapping[str, str]) -> SparkSession:
        _, java = find_java()
        try:
            from delta import configure_spark_with_delta_pip
        except ModuleNotFoundError as error:
            raise UsageError(
                "the Spark engine needs the package delta-spark, which is not installed",
                advice="pip install 'customer360-cohorts[spark]'",
            ) from error
        # workers must be this Python, not whatever `python3` on PATH is
        os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
        builder: Any = SparkSession.builder.appName("customer360-cohorts").master("local[*]")
        settings = {**_DELTA, **_LOCAL, **_SESSION, **conf}
        archive = class_archive.place(java, (pyspark.__file__, pyspark.__version__, version("delta-spark")))
        if archive is not None:
            settings[_JVM_OPTIONS] = f"{settings.get(_JVM_OPTIONS, '')} {class_archive.options(archive)}".strip()
        for key, value in settings.items():
            builder = builder.config(key, value)
        builder = configure_spark_with_delta_pip(builder)
        self._scratch = scratch.new_folder()
        self._log = scratch.new_log()
        try:
            with start_lock.alone(), _output_to(self._log):
                session: SparkSession = builder.getOrCreate()
                session.sparkContext.setLogLevel("ERROR")
        except Exception as error:
            raise InfrastructureError(
                f"Apache Spark did not start; its own messages are in {self._log}",
                advice="check Java 17 or newer, and that Maven packages can be downloaded",
            ) from error
        if archive is not None and not archive.exists():
            gateway: Any = session.sparkContext._gateway
            self._write_archive = partial(class_archive.write, archive, java, gateway.proc.pid)
            self._started = time.monotonic()
        return session

    def check_place(self, target: str) -> None:
        """Every place will do: paths, URIs and catalogs."""

    def create_table(self, target: str, columns: Sequence[NewColumn], checks: Mapping[str, str]) -> None:
        """Create by SQL; on a laptop by the package that reads the log, where it is there: statements cost seconds."""
        if self._scratch is not None and target.startswith("/") and find_spec("deltalake"):
            delta_log.create(target, columns, checks)
            return
        listed = ", ".join(
            f"{one.name} {one.kind}{' NOT NULL' if one.is_required else ''} COMMENT '{_quoted(one.comment)}'"
            for one in columns
        )
        name = sql_name(target)
        self.spark.sql(f"CREATE TABLE IF NOT EXISTS {name} ({listed}) USING DELTA").collect()
        for check, condition in checks.items():
            try:
                self.spark.sql(f"ALTER TABLE {name} ADD CONSTRAINT {check} CHECK ({condition})").collect()
            except Exception as error:
                # the run that lost the race to create appends meanwhile, or adds the same one
                logger.info("%s has no constraint %s (%s)", target, check, type(error).__name__)

    def table_version(self, target: str) -> TableVersion | None:
        """Return id and version by DESCRIBE DETAIL and DESCRIBE HISTORY (plain SQL, so Connect works).

        On a laptop the log is read directly where the package for it is there: a query each costs seconds.
        """
        is_local = self._scratch is not None and target.startswith("/")
        if is_local and find_spec("deltalake"):
            return delta_log.current_version(target)
        if is_local and delta_log.is_uncommitted(Path(target)):
            return None
        name = sql_name(target)
        try:
            detail = self.spark.sql(f"DESCRIBE DETAIL {name}").select("format", "id").collect()[0]
            if str(detail["format"]).lower() != "delta":
                raise InputError(f"{target} is a {detail['format']} table; expected a Delta table")
            history = self.spark.sql(f"DESCRIBE HISTORY {name} LIMIT 1").select("version").collect()[0]
        except InputError:
            raise
        except Exception as error:
            if _ABSENT.search(str(error)) and not is_local:
                return None
            raise InputError(
                f"{target} cannot be read as a Delta table ({type(error).__name__})",
                advice="check the folder's _delta_log and your permissions",
            ) from error
        return TableVersion(table_id=str(detail["id"]), version=int(history["version"]))

    def version_at(self, target: str, moment: dt.datetime) -> int | None:
        """Return the last version at or before a moment by DESCRIBE HISTORY."""
        history = self.spark.sql(f"DESCRIBE HISTORY {sql_name(target)}").select("version", "timestamp")
        found = history.filter(F.col("timestamp") <= F.lit(moment)).agg(F.max("version").alias("version")).collect()
        return None if found[0]["version"] is None else int(found[0]["version"])

    def keep_scratch_at(self, place: str) -> None:
        """Store frames below `place` on a cluster: what the executors write the results to, all of them see."""
        self._stored.keep_at(place, is_server=not is_classic(self.spark))

    def commit_time(self, target: str, version: int) -> dt.datetime | None:
        """Return when a version was committed by DESCRIBE HISTORY."""
        history = self.spark.sql(f"DESCRIBE HISTORY {sql_name(target)}").filter(F.col("version") == F.lit(version))
        # as a number: a timestamp would be shown in the driver's own time zone
        found = history.select(F.unix_micros("timestamp").alias("micros")).collect()
        return dt.datetime.fromtimestamp(found[0]["micros"] / 1_000_000, dt.UTC) if found else None

    def materialise(self, frame: DataFrame, name: str) -> DataFrame:
        """Store `frame` as scratch: see `SparkScratch`."""
        return self._stored.store(frame, name)

    def vacuum(self, target: str, hours: float) -> None:
        """Vacuum by SQL, with a few tasks; the session has its settings back afterwards.

        Delta refuses less than a week unless its check is lifted: whoever asks for less means it.
        """
        wanted = dict(_VACUUM)
        if hours < _WEEK_HOURS:
            wanted[_RETENTION_CHECK] = "false"
        before = {key: self.spark.conf.get(key, None) for key in wanted}
        for key, value in wanted.items():
            self._set(key, value)
        try:
            self.spark.sql(f"VACUUM {sql_name(target)} RETAIN {float(hours)} HOURS").collect()
        finally:
            for key, earlier in before.items():
                if earlier is None:
                    self.spark.conf.unset(key)
                else:
                    self._set(key, earlier)

    def release(self) -> None:
        """Delete and unpersist everything stored."""
        self._stored.release()

    def drop_abandoned(self, schema: str, older_than_hours: float) -> int:
        """Drop old scratch tables: see `SparkScratch`."""
        return self._stored.drop_abandoned(schema, older_than_hours)

    def _delete(self, folder: str) -> None:
        """Delete a scratch folder; one that cannot be deleted is no reason to fail a run that is done."""
        if not is_classic(self.spark):
            shutil.rmtree(folder, ignore_errors=True)
            return
        context: Any = self.spark.sparkContext
        with contextlib.suppress(Exception):
            path = context._jvm.org.apache.hadoop.fs.Path(folder)
            path.getFileSystem(context._jsc.hadoopConfiguration()).delete(path, True)

    def stop(self) -> None:
        """End a session of our own; a cluster's session belongs to the cluster."""
        self.release()
        if self._write_archive is not None and time.monotonic() - self._started > _WORKED_SECONDS:
            self._write_archive()
        if self._is_own:
            self.spark.stop()
        if self._log is not None:
            self._log.unlink(missing_ok=True)
        if self._scratch is not None:
            shutil.rmtree(self._scratch, ignore_errors=True)


def is_classic(spark: SparkSession) -> bool:
    """Whether the session holds a JVM of its own; one on a Spark Connect server does not."""
    return type(spark).__module__.startswith("pyspark.sql.session")


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace("'", "\\'")


def _connected_session(url: str) -> SparkSession:
    """Open a session on a Spark Connect server; by itself a client would wait ten minutes for one that is not there."""
    try:
        import grpc
        from pyspark.sql.connect.client import DefaultChannelBuilder
    except ImportError as error:
        raise UsageError(
            "Spark Connect needs packages that are not installed", advice="pip install 'customer360-cohorts[connect]'"
        ) from error
    try:
        builder = DefaultChannelBuilder(url)
    except PySparkException as error:
        raise UsageError(
            f"'{_without_token(url)}' is no address of a Spark Connect server", advice="expected sc://host:15002"
        ) from error
    try:
        with builder.toChannel() as channel:
            grpc.channel_ready_future(channel).result(timeout=_CONNECT_SECONDS)
        session: SparkSession = SparkSession.builder.remote(url).getOrCreate()
    except Exception as error:
        raise InfrastructureError(
            f"no Spark Connect server answers at {_without_token(url)} ({type(error).__name__})",
            advice="check host, port and that the server runs",
        ) from error
    return session


def _without_token(url: str) -> str:
    """Return the address without its parameters: one of them can be a token."""
    return url.partition(";")[0]


@contextlib.contextmanager
def _output_to(path: Path) -> Iterator[None]:
    """Let the JVM that is started inside inherit a file as its standard output and error.

    Its messages (start-up, dependencies, the class archive it writes) are not for the user of a good run.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    saved = {stream: os.dup(stream) for stream in (1, 2)}
    target = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    try:
        for stream in saved:
            os.dup2(target, stream)
        yield
    finally:
        for stream, before in saved.items():
            os.dup2(before, stream)
            os.close(before)
        os.close(target)
