"""The machine-readable summary of a command: what its last line and exit code say, where a scheduler sees neither."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from jobs.errors import Customer360Error, InfrastructureError, UsageError

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

OPTION_NAME = "--summary-json"


class Summary:
    """What a command did, collected while it runs and written once at its end, whatever the end is."""

    def __init__(self) -> None:
        self._place: str | None = None
        self._command: str | None = None
        self._started = time.monotonic()
        self._facts: dict[str, Any] = {}
        # a session that a cluster gave, and that outlives the command: its file systems take the summary
        self.session: SparkSession | None = None

    def wanted_at(self, place: str, command: str) -> None:
        """Say where the summary goes, so that a wrong place is told before anything is computed.

        Raises:
            UsageError: A local place whose folder is not there, or a folder.
        """
        path = Path(place)
        if "://" not in place and (path.is_dir() or not path.absolute().parent.is_dir()):
            found = "is a folder" if path.is_dir() else "lies in a folder that does not exist"
            raise UsageError(f"{OPTION_NAME} {place} {found}", advice="name a file in a folder that is there")
        self._place, self._command = place, command

    def add(self, fact: str, value: Mapping[str, Any]) -> None:
        """Append to a list of facts, such as the analyses published."""
        self._facts.setdefault(fact, []).append(dict(value))

    def write(self, exit_code: int, error: Customer360Error | None) -> None:
        """Write the file, if one is wanted.

        Raises:
            InfrastructureError: It cannot be written.
        """
        if self._place is None:
            return
        content = {
            "command": self._command,
            "exit_code": exit_code,
            "error_id": error.error_id if error else None,
            "message": error.line() if error else None,
            "seconds": round(time.monotonic() - self._started, 3),
            **self._facts,
        }
        from jobs.sinks import report_place, sink_for

        place = report_place(self._place)
        # a summary beside which there is no folder was refused at the start
        above = place.rpartition("/")[0] or "/"
        try:
            text = json.dumps(content, ensure_ascii=False, indent=2) + "\n"
            sink_for(self.session, above).put(text.encode(), place)
        except Customer360Error as failed:
            raise InfrastructureError(
                f"the summary cannot be written to {self._place}; the command itself ended with exit code {exit_code}",
                advice=f"check {OPTION_NAME}, permissions and free space",
            ) from failed


def _keep(context: click.Context, _: click.Parameter, value: str | None) -> None:
    if value is not None:
        context.ensure_object(Summary).wanted_at(value, str(context.info_name))


SUMMARY_JSON = click.option(
    OPTION_NAME,
    default=None,
    metavar="FILE",
    expose_value=False,
    callback=_keep,
    help="Write what happened, with exit code and message, to this file or URI, also when the command fails.",
)
