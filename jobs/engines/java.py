"""The Java that Apache Spark would start with."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

from jobs.errors import UsageError

OLDEST_JAVA = 17
_ADVICE = f"install Java {OLDEST_JAVA} or newer, or use --engine embedded, which needs none"


def find_java() -> tuple[int, str]:
    """Return the major version of the Java of JAVA_HOME, else of PATH, and where it lies.

    Raises:
        UsageError: There is none, or it is too old.
    """
    home = os.environ.get("JAVA_HOME")
    java = str(Path(home) / "bin" / "java") if home else shutil.which("java")
    if not java or not Path(java).exists():
        raise UsageError("Apache Spark needs Java and none was found on PATH or in JAVA_HOME", advice=_ADVICE)
    shown = subprocess.run([java, "-version"], capture_output=True, text=True, check=False).stderr
    found = re.search(r'version "(?:1\.)?(\d+)', shown)
    if not found or int(found.group(1)) < OLDEST_JAVA:
        version = found.group(1) if found else "of unknown version"
        raise UsageError(f"Apache Spark needs Java {OLDEST_JAVA} or newer; found Java {version}", advice=_ADVICE)
    return int(found.group(1)), java
