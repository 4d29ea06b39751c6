"""The file systems of Hadoop, through the JVM of a classic Spark session: the only place that touches it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pyspark.sql import SparkSession


class HadoopStorage:
    """A file system of the session's Hadoop configuration, with the cluster's own credentials."""

    def __init__(self, spark: SparkSession, uri: str) -> None:
        """Take the file system of the URI's scheme; `speaks` has said that there is one."""
        self._jvm: Any = spark._jvm
        self._conf: Any = spark._jsc.hadoopConfiguration()
        self._files: Any = self._at(uri).getFileSystem(self._conf)

    @staticmethod
    def speaks(spark: SparkSession, scheme: str) -> bool:
        """Tell whether the session has a JVM whose Hadoop knows the scheme. Spark Connect has none."""
        jvm: Any = getattr(spark, "_jvm", None)
        if jvm is None:
            return False
        try:
            jvm.org.apache.hadoop.fs.FileSystem.getFileSystemClass(scheme, spark._jsc.hadoopConfiguration())
        except Exception:
            # unknown to Hadoop, or its class is not on the class path
            return False
        return True

    def upload(self, local: Path, uri: str) -> None:
        """Copy a local file, replacing what is there."""
        # Hadoop takes the path of a URI as it stands, blanks and all
        self._files.copyFromLocalFile(False, True, self._at(f"file://{local}"), self._at(uri))

    def move(self, source: str, target: str) -> None:
        """Rename; Hadoop renames onto nothing that exists."""
        place = self._at(target)
        self._files.mkdirs(place.getParent())
        self._files.delete(place, False)
        if not self._files.rename(self._at(source), place):
            raise OSError("the file system refused a rename")

    def remove(self, uri: str) -> None:
        """Remove a file or folder."""
        self._files.delete(self._at(uri), True)

    def read(self, uri: str) -> bytes | None:
        """Return a file's bytes; meant for small ones."""
        place = self._at(uri)
        if not self._files.exists(place):
            return None
        stream = self._files.open(place)
        try:
            return bytes(self._jvm.org.apache.commons.io.IOUtils.toByteArray(stream))
        finally:
            stream.close()

    def sizes(self, folder: str) -> dict[str, int]:
        """Return path below the folder to size."""
        base = self._at(folder)
        found: dict[str, int] = {}
        if not self._files.exists(base):
            return found
        above = base.makeQualified(self._files.getUri(), self._files.getWorkingDirectory()).toUri().getPath()
        listed = self._files.listFiles(base, True)
        while listed.hasNext():
            status = listed.next()
            found[status.getPath().toUri().getPath()[len(above) + 1 :]] = int(status.getLen())
        return found

    def _at(self, uri: str) -> Any:
        return self._jvm.org.apache.hadoop.fs.Path(uri)
