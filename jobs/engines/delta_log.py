"""Delta ids and versions read from the log by the `deltalake` package, without any engine."""

from __future__ import annotations

import re
from pathlib import Path

from jobs.engines.base import TableVersion
from jobs.errors import InputError, UsageError

# Sail writes Delta tables of such folders elsewhere ('my%20lake') or takes them for a pattern.
_NOT_VERBATIM = re.compile(r"""[^!-~]|["#%*<>?`\[\]\\{}]""")


def current_version(target: str) -> TableVersion | None:
    """Return id and current version of the Delta table at path or URI `target`; None when absent.

    Raises:
        InputError: The folder exists and holds files, but no readable Delta log.
        UsageError: `target` is a catalog name, or a folder whose name the embedded engine would change.
    """
    from deltalake import DeltaTable
    from deltalake.exceptions import DeltaError, TableNotFoundError

    if "/" not in target and ":" not in target:
        raise UsageError(
            f"'{target}' is a catalog name; the embedded engine reads folders and URIs only",
            advice="use --engine spark",
        )
    is_local = ":" not in target
    if is_local and _NOT_VERBATIM.search(target):
        raise UsageError(
            f"the embedded engine cannot use '{target}': blanks, accents and signs like # % * ? in the path",
            advice="choose a folder without them, or use --engine spark",
        )
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
