"""Which sink takes the files of a URI."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import unquote

from pyspark.sql import SparkSession

from jobs.errors import UsageError
from jobs.sinks.base import Sink
from jobs.sinks.hadoop import HadoopStorage
from jobs.sinks.local import LocalSink
from jobs.sinks.object_store import FsspecStorage
from jobs.sinks.remote import RemoteSink

# two letters and more: one is a drive
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.\-]+):(.*)")
_LOCAL = re.compile(r"file:(?://(?:localhost)?)?(?=/)")


def report_place(place: str) -> str:
    """Return what `--reports` names: an absolute local folder, or a URI as it stands."""
    if local := _LOCAL.match(place):
        return str(Path(unquote(place[local.end() :])).resolve())
    if _SCHEME.fullmatch(place):
        return place.rstrip("/")
    return str(Path(place).expanduser().resolve())


def sink_for(spark: SparkSession | None, place: str) -> Sink:
    """Return the sink for a place that `report_place` gave: local, Hadoop where the session has a JVM, else fsspec.

    Raises:
        UsageError: Nobody here can write to the scheme, or the place is no folder.
    """
    found = _SCHEME.fullmatch(place)
    sink: Sink = RemoteSink(_storage(spark, place, found.group(1))) if found else LocalSink(place)
    sink.check()
    return sink


def _storage(spark: SparkSession | None, place: str, scheme: str) -> HadoopStorage | FsspecStorage:
    if spark is not None and HadoopStorage.speaks(spark, scheme):
        return HadoopStorage(spark, place)
    try:
        return FsspecStorage(place)
    except ImportError as error:
        known = "pip install fsspec and its package for the scheme (s3fs, gcsfs, adlfs, ...), or use a local folder"
        reason = "a Python package that writes there is not installed"
        raise UsageError(f"--reports {scheme}: {reason}", advice=known) from error
    except ValueError as error:
        raise UsageError(
            f"--reports {scheme}: neither Hadoop nor fsspec here can write to this scheme",
            advice="use a local folder, a mounted volume, or s3://, gs://, abfss:// with their package",
        ) from error
