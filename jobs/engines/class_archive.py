"""An archive of the classes that a local Apache Spark loads: with it the next start is a third shorter.

Class-data sharing of the JDK (JEP 350), kept in the user's cache. A JVM that an archive does not fit leaves it
aside without a word; nothing but time depends on it.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import subprocess
from collections.abc import Sequence
from pathlib import Path

from jobs.engines.start_lock import user_cache

logger = logging.getLogger(__name__)

# Quiet: an archive that does not fit is no news to the user.
_QUIET = ("-Xlog:cds=off", "-Xlog:cds+dynamic=off")
_DUMP_SECONDS = 120


def place(java: str, versions: Sequence[str]) -> Path | None:
    """Return where the archive for this Java and these packages lies or would; None where no JDK can make one."""
    found = Path(java).resolve()
    if not found.with_name("jcmd").exists():
        return None
    name = hashlib.sha256("\n".join((str(found), str(found.stat().st_mtime_ns), *versions)).encode()).hexdigest()[:16]
    return user_cache() / f"spark-classes-{name}.jsa"


def options(archive: Path) -> str:
    """Return the JVM's options: to use the archive, or to be able to write it."""
    use = f'"-XX:SharedArchiveFile={archive}"' if archive.exists() else "-XX:+RecordDynamicDumpInfo"
    return " ".join((use, *_QUIET))


def write(archive: Path, java: str, process: int) -> None:
    """Let a running JVM write the archive; whatever goes wrong, the next start is as long as this one was."""
    part = archive.with_suffix(f".{process}.part")
    jcmd = Path(java).resolve().with_name("jcmd")
    try:
        archive.parent.mkdir(parents=True, exist_ok=True)
        command = [str(jcmd), str(process), "VM.cds", "dynamic_dump", f'"{part}"']
        subprocess.run(command, check=True, capture_output=True, timeout=_DUMP_SECONDS)
        # in one step: another process may start meanwhile, or write its own
        part.replace(archive)
    except (OSError, subprocess.SubprocessError) as error:
        logger.info("the classes of Apache Spark are not kept (%s)", type(error).__name__)
    finally:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)
