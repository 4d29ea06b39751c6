"""The log on standard error: one line per record, as text or JSON, each with the run and the attempt it belongs to."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import logging
import sys
from collections.abc import Iterable, Iterator
from contextvars import ContextVar

FORMATS = ("text", "json")
NO_RUN = "-"
_PACKAGES = ("jobs", "transforms")

_runs: ContextVar[str] = ContextVar("runs", default=NO_RUN)
_attempt: ContextVar[str] = ContextVar("attempt", default=NO_RUN)


@contextlib.contextmanager
def of_runs(runs: Iterable[str], attempt: str | None = None) -> Iterator[None]:
    """Give every line of the block these run ids, and the attempt where one is told.

    Work that several analyses share names all their runs; before the inputs are pinned there is none, and a line
    says '-'.
    """
    tokens = [(_runs, _runs.set(",".join(runs) or NO_RUN))]
    if attempt is not None:
        tokens.append((_attempt, _attempt.set(attempt)))
    try:
        yield
    finally:
        for variable, token in tokens:
            variable.reset(token)


def start(log_format: str, *, verbose: bool) -> None:
    """Send the log of this process to standard error; our own steps only where asked for."""
    stop()
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_JsonLines() if log_format == "json" else _TextLines())
    root = logging.getLogger()
    root.addHandler(handler)
    root.setLevel(logging.WARNING)
    for ours in _PACKAGES:
        logging.getLogger(ours).setLevel(logging.INFO if verbose else logging.WARNING)


def stop() -> None:
    """Take back what `start` set up; a program that calls the command keeps its own log."""
    root = logging.getLogger()
    for handler in list(root.handlers):
        if isinstance(handler.formatter, _TextLines | _JsonLines):
            root.removeHandler(handler)
    for ours in _PACKAGES:
        logging.getLogger(ours).setLevel(logging.NOTSET)


class _TextLines(logging.Formatter):
    """`2026-03-31T06:00:00Z INFO jobs.run run=0f3a... attempt=9b1c... what happens`."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the record; only an unexpected error's places are more than one line."""
        at, identity = _at(record), f"run={_runs.get()} attempt={_attempt.get()}"
        return f"{at} {record.levelname} {record.name} {identity} {_message(record)}"


class _JsonLines(logging.Formatter):
    """One JSON object per line, for log collectors."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as an object of strings."""
        fields = {
            "at": _at(record),
            "level": record.levelname,
            "logger": record.name,
            "run_id": _runs.get(),
            "attempt_id": _attempt.get(),
            "message": _message(record),
        }
        return json.dumps(fields, ensure_ascii=False)


def _at(record: logging.LogRecord) -> str:
    moment = dt.datetime.fromtimestamp(record.created, dt.UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _message(record: logging.LogRecord) -> str:
    """Return the message with the kind of its error; the error's own text may quote rows."""
    text = record.getMessage()
    return f"{text} ({record.exc_info[0].__name__})" if record.exc_info and record.exc_info[0] else text
