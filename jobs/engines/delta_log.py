"""Delta ids and versions read from the log by the `deltalake` package, without any engine."""

from __future__ import annotations

import contextlib
import datetime as dt
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from jobs.engines.base import NewColumn, TableVersion
from jobs.errors import InputError

# Commits and checkpoints; anything else in a log is half of a write (`...json#1`), or a hint.
_COMMITTED = re.compile(r"\d{20}\.(?:json|checkpoint(?:\.[\w-]+)*\.(?:parquet|json))")


def current_version(target: str) -> TableVersion | None:
    """Return id and current version of the Delta table at path or URI `target`; None when absent.

    Raises:
        InputError: The folder exists and holds files, but no readable Delta log.
    """
    from deltalake import DeltaTable
    from deltalake.exceptions import DeltaError, TableNotFoundError

    is_local = ":" not in target
    # looked at before the log is opened: a first commit between the two is then seen, and not taken for a broken table
    if is_local and is_uncommitted(Path(target)):
        return None
    try:
        table = DeltaTable(target)
        return TableVersion(table_id=str(table.metadata().id), version=int(table.version()))
    except TableNotFoundError as error:
        raise InputError(f"{target} exists but is no Delta table", advice="point at a Delta table") from error
    except (DeltaError, OSError) as error:
        raise InputError(
            f"{target} cannot be read as a Delta table ({type(error).__name__})",
            advice="check the folder's _delta_log",
        ) from error


def is_uncommitted(folder: Path) -> bool:
    """Whether nothing is there but, at most, a Delta log without a commit: a table that is being created.

    A run killed in that moment leaves the same behind, so that it counts as absent for good, not as broken.
    """
    if not folder.exists():
        return True
    if any(one.name != "_delta_log" for one in folder.iterdir()):
        return False
    log = folder / "_delta_log"
    return not log.is_dir() or not any(_COMMITTED.fullmatch(one.name) for one in log.iterdir())


def create(target: str, columns: Sequence[NewColumn], checks: Mapping[str, str]) -> None:
    """Create a Delta table unless it is there; the types are those of result tables.

    Raises:
        DeltaError: It cannot be created, and nobody else created it.
    """
    from deltalake import DeltaTable, Schema
    from deltalake.exceptions import DeltaError
    from deltalake.schema import Field

    fields = [
        Field(one.name, _delta_type(one.kind), nullable=not one.is_required, metadata={"comment": one.comment})
        for one in columns
    ]
    try:
        DeltaTable.create(target, schema=Schema(fields), mode="ignore")
    except DeltaError:
        # another run created it in this moment
        if current_version(target) is None:
            raise
    for name, condition in checks.items():
        table = DeltaTable(target)
        if f"delta.constraints.{name}" in table.metadata().configuration:
            continue
        # the run that lost the race to create appends meanwhile, or adds the same constraint: it is there, or will be
        with contextlib.suppress(DeltaError):
            table.alter.add_constraint({name: condition})


def _delta_type(kind: str) -> Any:
    from deltalake.schema import MapType, PrimitiveType

    if kind.startswith("map<"):
        key, _, value = kind[len("map<") : -1].partition(",")
        return MapType(_delta_type(key), _delta_type(value))
    return PrimitiveType({"int": "integer", "bigint": "long"}.get(kind, kind))


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
