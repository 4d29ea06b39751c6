"""What an engine's or a storage's failure means to a user: one of our errors, without the engine's own words.

Messages of engines hold data values, and paths and keys of storages: they are searched here and never shown.
"""

from __future__ import annotations

import errno
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from jobs.errors import Customer360Error, InfrastructureError, InputError


@dataclass(frozen=True, slots=True)
class _Cause:
    """How failures of one cause are recognised, and what is said of them."""

    pattern: re.Pattern[str]
    said: str
    advice: str
    # what was stored is at fault: reading it again gives the same
    is_of_the_data: bool = False


def _cause(pattern: str, said: str, advice: str, *, is_of_the_data: bool = False) -> _Cause:
    return _Cause(re.compile(pattern, re.IGNORECASE), said, advice, is_of_the_data)


# The packages whose exceptions tell of an engine or a storage.
_ENGINES = ("pyspark", "py4j", "grpc", "pysail", "deltalake", "_internal", "pyarrow")

_NUMBERS = {
    errno.ENOSPC: "no space left on device",
    errno.EFBIG: "file too large",
    errno.EDQUOT: "disk quota exceeded",
    errno.EACCES: "permission denied",
    errno.EPERM: "permission denied",
    errno.EROFS: "read-only file system",
    errno.ENOENT: "no such file or directory",
}

# The first that fits counts: a full disk leaves broken files, and a message on one may tell of both.
_CAUSES = (
    _cause(
        r"no space left|not enough space|file too large|disk quota|quota ?exceeded|os error (?:28|27|122)\b|DiskFull",
        "no space is left",
        "free space at the results, the reports and the folder for temporary files, then run again",
    ),
    _cause(
        r"permission ?denied|access ?denied|AccessControlException|not authori[sz]ed|unauthori[sz]ed|forbidden"
        r"|read-only file ?system|INSUFFICIENT_PERMISSIONS|os error (?:13|1|30)\b",
        "permission is denied",
        "check who may read the lake and write the results",
    ),
    _cause(
        r"OutOfMemory|out of memory|resources exhausted|SparkOutOfMemory|Cannot allocate memory",
        "the engine ran out of memory",
        "give the driver more memory, or use a cluster; then run again",
    ),
    _cause(
        r"not found in table schema|mergeSchema|METADATA_MISMATCH|SCHEMA_MISMATCH|FAILED_TO_MERGE|METADATA_?CHANGED"
        r"|PROTOCOL_?CHANGED",
        "its columns were changed meanwhile",
        "run again; nothing was published",
    ),
    _cause(
        r"VERSIONS?_NOT_CONTIGUOUS|TRUNCATED_TRANSACTION_LOG|LOG_FILE_NOT_FOUND|STATE_RECOVER_ERROR"
        r"|DELTA_\w*CHECKPOINT|contiguous|invalid (?:delta )?log|_delta_log",
        "its log has a gap or a broken file",
        "restore the files of _delta_log from a backup, or make the table again",
        is_of_the_data=True,
    ),
    _cause(
        r"FILE_NOT_EXIST|FILE_DOES_NOT_EXIST|FileNotFound|no such file|NoSuchKey|PATH_NOT_FOUND|os error 2\b"
        r"|object at location .{0,1000} not found|not found: .{0,1000}\.parquet",
        "a data file of it is missing",
        "restore the file, or read a version that is whole; keep vacuumed files longer than the longest run",
        is_of_the_data=True,
    ),
    _cause(
        r"FAILED_READ_FILE|CANNOT_READ_FILE_FOOTER|corrupt|not a parquet|invalid parquet|parquet error|magic number"
        r"|parquet.{0,200}(?:EOF|footer|invalid|out of range)|out of range.{0,200}parquet|end of file|snappy|zstd",
        "a data file of it is damaged",
        "restore the file, or make the table again",
        is_of_the_data=True,
    ),
    _cause(
        r"NUMERIC_VALUE_OUT_OF_RANGE|ARITHMETIC_OVERFLOW|CANNOT_CHANGE_DECIMAL_PRECISION|decimal overflow"
        r"|CAST_OVERFLOW|cast to Decimal128|too large to store in a Decimal",
        "a number in it is too large to be added up exactly",
        "look for absurd amounts in the columns of the definition",
        is_of_the_data=True,
    ),
    _cause(
        r"connection (?:refused|reset|closed|aborted)|ConnectionError|ConnectException|timed? ?out"
        r"|StatusCode.UNAVAILABLE|failed to connect|broken pipe|Py4JNetworkError|answer from java side is empty"
        r"|SESSION_CLOSED|SESSION_NOT_FOUND|executor ?lost|Stage cancelled|SparkContext was shut down",
        "the connection to the engine or the storage was lost",
        "run again",
    ),
)


# Class names and conditions of the engines' own packages, and lines of a JVM's trace: code, never data.
_CLASS = re.compile(
    r"\b((?:org\.apache|org\.sparkproject|java|javax|scala|io\.delta|io\.grpc|com\.databricks)\.(?:\w+\.)*"
    r"[A-Z][\w$]*(?:Exception|Error|Throwable))\b"
)
# where engines put it: before the message, or behind the class
_CONDITION = re.compile(r"(?:\A|(?:Exception|Error)\)?:? )\[([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+(?:\.[A-Z0-9_]+)*)\]")
_FRAME = re.compile(r"^\s*at ((?:[\w$]+[./])+[\w$<>]+\([\w$]+\.(?:scala|java):\d+\))\s*$", re.MULTILINE)
_KINDS = 6
_FRAMES = 40


# What engines raise when a query that they accepted was given up while it ran; what they refuse has other classes.
_GIVEN_UP = ("Py4JJavaError", "SparkException", "UnknownException", "SparkConnectGrpcException")
_CANCELLED = re.compile(r"cancell?ed", re.IGNORECASE)


def is_given_up(error: BaseException) -> bool:
    """Whether an engine gave up a query while it ran, for no cause that is known: asking again may succeed."""
    is_one = type(error).__name__ in _GIVEN_UP and _is_of_an_engine(error)
    return is_one and as_ours(error) is None and not _CANCELLED.search(_text(error))


def kinds(error: BaseException) -> str:
    """Return what kind of failure an engine tells of: conditions and classes, as `SparkException, IOException`.

    The class of the exception stands for itself where an engine names none. Never a message: those quote rows.
    """
    texts = [str(one) for one in _chain(error)] if _is_of_an_engine(error) else []
    conditions = [found for text in texts for found in _CONDITION.findall(text)]
    named = [*conditions, *(name.rpartition(".")[2] for text in texts for name in _CLASS.findall(text))]
    told = list(dict.fromkeys(named))[:_KINDS]
    return f"{type(error).__name__}: {', '.join(told)}" if told else type(error).__name__


def engine_frames(error: BaseException) -> list[str]:
    """Return where in its own code a JVM failed, innermost first; at most 40 lines, none of them with a value."""
    text = "\n".join(_with_trace(one) for one in _chain(error)) if _is_of_an_engine(error) else ""
    return _FRAME.findall(text)[:_FRAMES]


def _with_trace(error: BaseException) -> str:
    """Return what an exception says; one of Spark Connect holds the server's trace apart, where it was sent."""
    trace = getattr(error, "getStackTrace", None)
    return f"{error}\n{(trace() or '') if callable(trace) else ''}"


def as_ours(error: BaseException, place: str | None = None, *, writing: bool = False) -> Customer360Error | None:
    """Return what a failure means, as one of our errors; None for one that nothing is known of: a bug, most likely.

    Args:
        error: Any exception; one of ours is returned as it is.
        place: What was read or written, as messages name it: table@version, or a place.
        writing: The place was written: then nothing in it can be at fault, and trying again makes sense.
    """
    if isinstance(error, Customer360Error):
        return error
    if not isinstance(error, Exception) or (place is None and not _is_of_an_engine(error)):
        return None
    text = _text(error)
    found = next((cause for cause in _CAUSES if cause.pattern.search(text)), None)
    if found is None:
        return None
    kind = InputError if found.is_of_the_data and not writing else InfrastructureError
    if place is None:
        said = found.said.replace(" of it ", " ").replace(" in it ", " ").replace("its log", "the log of a table")
        return kind(f"stopped: {said}", advice=found.advice)
    if writing and found.is_of_the_data:
        return kind(f"{place} cannot be written: files of it are missing or damaged", advice="see the runbook")
    return kind(f"{place} cannot be {'written' if writing else 'read'}: {found.said}", advice=found.advice)


@contextmanager
def reading(place: str) -> Iterator[None]:
    """Name what is read in the block where it fails for a known cause.

    Raises:
        InputError: It is damaged. InfrastructureError: Storage, permission, memory or connection failed.
    """
    with _named(place, is_writing=False):
        yield


@contextmanager
def writing(place: str) -> Iterator[None]:
    """Name what is written in the block where it fails for a known cause.

    Raises:
        InfrastructureError: Storage, permission, memory or connection failed.
    """
    with _named(place, is_writing=True):
        yield


@contextmanager
def _named(place: str, *, is_writing: bool) -> Iterator[None]:
    try:
        yield
    except Exception as error:
        found = as_ours(error, place, writing=is_writing)
        if found is None or found is error:
            raise
        raise found from error


def _chain(error: BaseException) -> Iterator[BaseException]:
    """Yield an exception and those behind it."""
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        yield current
        current = current.__cause__ or current.__context__


def _is_of_an_engine(error: BaseException) -> bool:
    """Whether an engine or the file system failed; what our own code finds missing is a bug of ours."""
    return any(
        type(one).__module__.partition(".")[0] in _ENGINES
        or (isinstance(one, OSError) and not isinstance(one, FileNotFoundError))
        for one in _chain(error)
    )


def _text(error: BaseException) -> str:
    """Return what an exception and those behind it say, by class, number and message."""
    parts: list[str] = []
    for one in _chain(error):
        number = getattr(one, "errno", None)
        parts += [type(one).__name__, _NUMBERS.get(number, "") if isinstance(number, int) else "", str(one)]
    return " ".join(parts)
