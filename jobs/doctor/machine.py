"""What can be seen without an engine: versions, Java, Delta's jars, fonts."""

from __future__ import annotations

import platform
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from jobs.doctor.finding import Looked, fine, note, wrong
from jobs.errors import Customer360Error

# What computes, and what writes; the first is the product itself.
PACKAGES = ("customer360-cohorts", "pyspark", "pysail", "delta-spark", "deltalake", "pandas", "scipy", "matplotlib")
_OPTIONAL = {
    "pysail": "pip install 'customer360-cohorts[embedded]' for the engine that needs no Java",
    "delta-spark": "pip install 'customer360-cohorts[spark]' for Apache Spark on this machine",
}


def machine() -> Iterator[Looked]:
    """Look at Python and the packages."""
    yield fine("python", f"{platform.python_version()} at {sys.executable}")
    for name in PACKAGES:
        try:
            yield fine(name, version(name))
        except PackageNotFoundError:
            yield note(name, "not installed", _OPTIONAL.get(name))


def java(*, needed: bool) -> Looked:
    """Look for a Java that Apache Spark can use."""
    from jobs.engines.java import find_java

    try:
        found, home = find_java()
    except Customer360Error as error:
        if needed:
            return wrong("java", error)
        return note("java", str(error), "only Apache Spark on this machine needs it")
    return fine("java", f"{found} at {home}")


def delta_jars() -> Looked | None:
    """Look whether Delta's jars lie in Ivy's folder; None where no Spark of this machine's would ask for them."""
    try:
        wanted = version("delta-spark")
    except PackageNotFoundError:
        return None
    folders = sorted(Path.home().glob(".ivy2*/jars"))
    found = [jar for folder in folders for jar in folder.glob(f"io.delta_delta-spark_*-{wanted}.jar")]
    if found:
        return fine("delta jars", str(found[0]))
    return note(
        "delta jars",
        f"those of delta-spark {wanted} are not in ~/.ivy2*/jars",
        "Apache Spark fetches them (13 MB) when it first starts; without a network: docs/spark-submit.md, --jars",
    )


def fonts() -> Looked:
    """Look for a font with Chinese glyphs."""
    from jobs.reporting.fonts import chinese_font

    found = chinese_font()
    if found is None:
        return note(
            "fonts",
            "none with Chinese glyphs: charts of the Chinese reports get English labels and say so",
            "pip install pylopdf-fonts-zh-cn, or the Debian package fonts-noto-cjk",
        )
    return fine("fonts", f"{found[0]} at {found[1]}")
