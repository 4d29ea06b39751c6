"""Which customer360 tables a source holds: by file, folder and table name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from jobs.errors import InputError, UsageError, nearest
from jobs.ingest.sqlite_tables import table_names
from transforms.input_tables import TABLES, InputTable

SQLITE_SUFFIXES = (".sqlite", ".sqlite3", ".db")
CSV_SUFFIXES = (".csv", ".csv.gz")
PARQUET_SUFFIXES = (".parquet",)
_PREFIX = "customer360__"

Kind = Literal["sqlite", "csv", "parquet"]


@dataclass(frozen=True, slots=True)
class SourceTable:
    """One table of the source. `table` is None when its name is not known; `inner_name` is SQLite's."""

    name: str
    kind: Kind
    files: tuple[Path, ...]
    table: InputTable | None
    inner_name: str | None = None


def table_named(name: str) -> InputTable | None:
    """Return the table that a full name, a role or a name without the prefix means; case does not matter."""
    wanted = name.strip().lower().removeprefix(_PREFIX)
    by_alias = {alias: table for table in TABLES.values() for alias in _aliases(table)}
    return by_alias.get(wanted)


def nearest_table(name: str) -> str:
    """Return "; nearest: 'x'" for the closest table name, or an empty string."""
    wanted = name.strip().lower().removeprefix(_PREFIX)
    return nearest(wanted, (alias for table in TABLES.values() for alias in _aliases(table)))


def find_tables(source: str) -> list[SourceTable]:
    """List the tables of a source: the known ones and those whose name is not known.

    Raises:
        UsageError: The source is not on this machine.
        InputError: The source does not exist, holds no known table, or holds one table twice.
    """
    if "://" in source:
        raise UsageError(
            f"ingest source '{source}' is not a local path; expected a file or folder",
            advice="copy or mount it on this machine first",
        )
    path = Path(source).expanduser()
    if not path.exists():
        raise InputError(f"ingest source '{source}' does not exist", advice="check the path")
    found = sorted(_tables_at(path), key=lambda table: table.name.lower())
    known = [table for table in found if table.table is not None]
    if not known:
        names = ", ".join(table.name for table in found[:5]) or "no .sqlite, .db, .csv, .csv.gz or .parquet file"
        near = next((near for table in found if (near := nearest_table(table.name))), "")
        raise InputError(
            f"ingest source '{source}' holds no customer360 table; found: {names}{near}",
            advice=f"name files or tables by role ({', '.join(TABLES)}) or in full (customer360__...)",
        )
    _check_each_once(known)
    return found


def _aliases(table: InputTable) -> tuple[str, str]:
    return table.role, table.name.removeprefix(_PREFIX)


def _tables_at(path: Path) -> Iterator[SourceTable]:
    if path.is_file():
        yield from _tables_in_file(path)
        return
    if (path / "_delta_log").is_dir():
        raise InputError(
            f"ingest source '{path}' is a Delta table already", advice="pass its folder's parent as --lake"
        )
    inside = [table for child in _visible(path) for table in _tables_at_child(child)]
    if all(table.table is None for table in inside) and table_named(_stem(path)) is not None:
        inside = list(_table_of_parts(path))
    yield from inside


def _tables_at_child(path: Path) -> Iterator[SourceTable]:
    if path.is_file():
        yield from _tables_in_file(path)
    elif not (path / "_delta_log").is_dir():
        yield from _table_of_parts(path)


def _tables_in_file(path: Path) -> Iterator[SourceTable]:
    lower = path.name.lower()
    if lower.endswith(SQLITE_SUFFIXES):
        names = table_names(path)
        for name in names:
            table = table_named(name)
            if table is None and len(names) == 1:
                table = table_named(_stem(path))  # one table per file: the file's name may be the telling one
            yield SourceTable(name, "sqlite", (path,), table, inner_name=name)
    elif lower.endswith(CSV_SUFFIXES):
        yield SourceTable(_stem(path), "csv", (path,), table_named(_stem(path)))
    elif lower.endswith(PARQUET_SUFFIXES):
        yield SourceTable(_stem(path), "parquet", (path,), table_named(_stem(path)))


def _table_of_parts(folder: Path) -> Iterator[SourceTable]:
    name = _stem(folder)
    if table_named(name) and any(child.is_dir() and "=" in child.name for child in _visible(folder)):
        raise InputError(
            f"ingest source folder '{folder}' is partitioned (column=value folders)",
            advice="write it as part files in one folder, with the partition column inside",
        )
    files = [child for child in _visible(folder) if child.is_file()]
    csv_parts = tuple(file for file in files if file.name.lower().endswith(CSV_SUFFIXES))
    parquet_parts = tuple(file for file in files if file.name.lower().endswith(PARQUET_SUFFIXES))
    if csv_parts and parquet_parts:
        raise InputError(
            f"ingest source folder '{folder}' mixes .csv and .parquet part files",
            advice="keep one kind of part file per table",
        )
    if parquet_parts:
        yield SourceTable(name, "parquet", parquet_parts, table_named(name))
    elif csv_parts:
        yield SourceTable(name, "csv", csv_parts, table_named(name))


def _visible(folder: Path) -> list[Path]:
    return sorted(child for child in folder.iterdir() if not child.name.startswith((".", "_")))


def _stem(path: Path) -> str:
    name = path.name
    for suffix in (*CSV_SUFFIXES[::-1], *PARQUET_SUFFIXES, *SQLITE_SUFFIXES):
        if name.lower().endswith(suffix):
            return name[: -len(suffix)]
    return name


def _check_each_once(tables: Iterable[SourceTable]) -> None:
    first: dict[str, SourceTable] = {}
    for found in tables:
        if found.table is None:
            continue
        other = first.setdefault(found.table.name, found)
        if other is not found:
            raise InputError(
                f"ingest source holds {found.table.name} twice: '{other.name}' in '{other.files[0]}' and "
                f"'{found.name}' in '{found.files[0]}'",
                advice="keep one of them in the source",
            )
