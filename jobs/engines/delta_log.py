"""Delta ids and versions read from the log by the `deltalake` package, without any engine."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from jobs.engines.base import TableVersion
from jobs.errors import InputError


def current_version(target: str) -> TableVersion | None:
    """Return id and current version of the Delta table at path or URI `target`; None when absent.

    Raises:
        InputError: The folder exists and holds files, but no readable Delta log.
    """
    from deltalake import DeltaTable
    from deltalake.exceptions import DeltaError, TableNotFoundError

    is_local = ":" not in target
    if is_local and not Path(target).exists():
        return None
    try:
        table = DeltaTable(target)
        return TableVersion(table_id=str(table.metadata().id), version=int(table.version()))
    except TableNotFoundError as error:
        if is_local and not any(Path(target).iterdir()):
            return None
        raise InputError(f"{target} exists but is no Delta table", advice="point at a Delta table") from error
    except (DeltaError, OSError) as error:
        raise InputError(
            f"{target} cannot be read as a Delta table ({type(error).__name__})",
            advice="check the folder's _delta_log",
        ) from error


def version_at(target: str, moment: dt.datetime) -> int | None:
    """Return the last version of the table at `target` committed at or before `moment`."""
    from deltalake import DeltaTable

    milliseconds = moment.timestamp() * 1000
    commits = DeltaTable(target).history()
    return max((int(one["version"]) for one in commits if int(one["timestamp"]) <= milliseconds), default=None)


def commit_time(target: str, version: int) -> dt.datetime | None:
    """Return when a version of the table at `target` was committed; None where the log no longer says."""
    from deltalake import DeltaTable

    for one in DeltaTable(target).history():
        if int(one["version"]) == version and one.get("timestamp") is not None:
            return dt.datetime.fromtimestamp(int(one["timestamp"]) / 1000, dt.UTC)
    return None


def vacuum(target: str, hours: float) -> None:
    """Delete files of the table at `target` that no version of the last `hours` needs."""
    from deltalake import DeltaTable

    # the caller's figure, also where it is less than the table's own
    DeltaTable(target).vacuum(retention_hours=int(hours), dry_run=False, enforce_retention_duration=False)
