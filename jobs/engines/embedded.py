"""The embedded engine: Sail, a Spark Connect server inside this process; no Java."""

from __future__ import annotations

import datetime as dt
import os
import re
import shutil
import signal
import threading
from collections.abc import Mapping, Sequence
from typing import Any

from pyspark.sql import DataFrame, SparkSession

from jobs.engines import delta_log, scratch
from jobs.engines.base import NewColumn, TableVersion
from jobs.errors import InfrastructureError, UsageError

# Sail writes Delta tables of such folders elsewhere ('my%20lake') or takes them for a pattern.
_NOT_VERBATIM = re.compile(r"""[^!-~]|["#%*<>?`\[\]\\{}]""")


def refusal(target: str) -> UsageError | None:
    """Return why this engine cannot keep tables at a path, URI or catalog name; None where it can."""
    if "/" not in target and ":" not in target:
        return UsageError(
            f"'{target}' is a catalog name; the embedded engine reads folders and URIs only",
            advice="use --engine spark",
        )
    if ":" not in target and _NOT_VERBATIM.search(target):
        return UsageError(
            f"the embedded engine cannot use '{target}': blanks, accents and signs like # % * ? in the path",
            advice="choose a folder without them, or use --engine spark",
        )
    return None


def _take_interrupts_back() -> None:
    """Install Python's own handler again: the server takes Ctrl-C for itself, and the run would not end."""
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, signal.getsignal(signal.SIGINT) or signal.default_int_handler)


class EmbeddedEngine:
    """A Sail server on a free local port and a Connect session on it."""

    name = "embedded"
    # sorting wide rows costs it three times the joins that spare most of them (342,000 and 3.4 million customers)
    joins_cheaply = True

    def __init__(self, conf: Mapping[str, str]) -> None:
        os.environ.setdefault("RUST_LOG", "error")
        try:
            from pysail.spark import SparkConnectServer
        except ModuleNotFoundError as error:
            raise UsageError(
                "the embedded engine needs the package pysail, which is not installed",
                advice="pip install 'customer360-cohorts[embedded]', or use --engine spark",
            ) from error
        self._server: Any = SparkConnectServer("127.0.0.1", 0)
        self._server.start(background=True)
        _, port = self._server.listening_address
        try:
            self.spark: SparkSession = SparkSession.builder.remote(f"sc://127.0.0.1:{port}").getOrCreate()
        except Exception as error:
            raise InfrastructureError("the embedded engine did not start") from error
        # first of all, since it is asked once: else every column operation looks for the Python line it stands on
        self.spark.conf.set("spark.python.sql.dataFrameDebugging.enabled", "false")
        self.spark.conf.set("spark.sql.session.timeZone", "UTC")
        for key, value in conf.items():
            self.spark.conf.set(key, value)
        self._scratch = scratch.new_folder()
        _take_interrupts_back()

    def check_place(self, target: str) -> None:
        """Refuse catalogs, and folders whose names this engine would change."""
        found = refusal(target)
        if found is not None:
            raise found

    def create_table(self, target: str, columns: Sequence[NewColumn], checks: Mapping[str, str]) -> None:
        """Create by the `deltalake` package: this engine has no CREATE TABLE for a path, and minds all constraints."""
        delta_log.create(target, columns, checks)

    def table_version(self, target: str) -> TableVersion | None:
        """Return id and version from the Delta log itself: this engine has no DESCRIBE HISTORY."""
        self.check_place(target)
        return delta_log.current_version(target)

    def version_at(self, target: str, moment: dt.datetime) -> int | None:
        """Return the last version at or before a moment, from the Delta log itself."""
        return delta_log.version_at(target, moment)

    def keep_scratch_at(self, place: str) -> None:
        """Scratch files are this machine's."""

    def commit_time(self, target: str, version: int) -> dt.datetime | None:
        """Return when a version was committed, from the Delta log itself."""
        return delta_log.commit_time(target, version)

    def materialise(self, frame: DataFrame, name: str) -> DataFrame:
        """Write `frame` once to scratch Parquet: `cache()` does nothing on this engine."""
        path = str(self._scratch / name)
        # the engine's own default presses harder: twice the time for the same size
        frame.write.mode("overwrite").option("compression", "zstd").parquet(path)
        # an empty result leaves no file behind that could tell the schema
        return self.spark.read.schema(frame.schema).parquet(path)

    def vacuum(self, target: str, hours: float) -> None:
        """Vacuum by the `deltalake` package: this engine has no VACUUM."""
        delta_log.vacuum(target, hours)

    def release(self) -> None:
        """Delete the scratch files."""
        for folder in self._scratch.iterdir():
            shutil.rmtree(folder, ignore_errors=True)

    def drop_abandoned(self, schema: str, older_than_hours: float) -> int:
        """Nothing to drop: this engine knows no catalogs."""
        return 0

    def stop(self) -> None:
        """End session and server, delete the scratch folder."""
        self.spark.stop()
        self._server.stop()
        shutil.rmtree(self._scratch, ignore_errors=True)
