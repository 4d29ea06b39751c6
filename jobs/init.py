"""Propose how a lake's tables and columns map to ours: a YAML file for `run --inputs`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from jobs.config.show import flow, scalar
from jobs.engines.base import Engine
from jobs.errors import InputError, UsageError
from jobs.lake import Lake
from jobs.mapping.match import ColumnMatch, TableMatch, match_tables, needed_columns
from transforms.input_tables import TABLES

_DELTA_LOG = "_delta_log"
# What the analyses lose with a table; the tables the others join to are needed by some analysis each.
_WITHOUT = {
    "address": "geography is left out",
    "mapping": "addresses are matched by the ids themselves",
}


def propose(engine: Engine, lake: Lake, tables: Sequence[str] = ()) -> str:
    """Return the proposed mapping as YAML, with comments where a person must look.

    Only names and types are read, never a value.

    Raises:
        InputError: A lake without Delta tables, or none of them looks like one of ours.
        UsageError: A lake whose tables cannot be listed.
    """
    names = list(dict.fromkeys(tables)) or table_names(engine, lake)
    found, unreadable = _columns(engine, lake, names, asked=bool(tables))
    matches = match_tables(found)
    if not matches:
        expected = ", ".join(table.name for table in TABLES.values())
        looked = f"looked at {', '.join(found)}" if found else "there is no Delta table"
        raise InputError(
            f"{lake.base} holds no table that looks like one of {expected}; {looked}",
            advice="check --lake, or name the tables with --table",
        )
    return "\n".join([*_head(found, unreadable, matches), "inputs:", *_roles(matches)]) + "\n"


def table_names(engine: Engine, lake: Lake) -> list[str]:
    """Return the names of the tables in a lake, sorted.

    Raises:
        InputError: The folder or schema does not exist. UsageError: A place whose tables cannot be listed.
    """
    if lake.is_catalog:
        try:
            listed = engine.spark.catalog.listTables(lake.base)
        except Exception as error:
            raise InputError(
                f"the tables of {lake.base} cannot be listed ({type(error).__name__})",
                advice="check the name of the schema and your permissions",
            ) from error
        return sorted(table.name for table in listed if not table.isTemporary)
    folder = Path(lake.base.removeprefix("file://"))
    if ":" in str(folder):
        raise UsageError(
            f"the tables of {lake.base} cannot be listed: it is no folder of this machine and no catalog.schema",
            advice="name them, for example: --table crm_value --table crm_activity",
        )
    if not folder.is_dir():
        raise InputError(f"{lake.base} is no folder", advice="check --lake")
    return sorted(entry.name for entry in folder.iterdir() if (entry / _DELTA_LOG).is_dir())


def refuse_existing(path: Path) -> None:
    """Refuse to write where something is.

    Raises:
        UsageError: The path exists.
    """
    if path.exists():
        raise UsageError(f"{path} exists already", advice="choose another --out, or delete it")


def write_new(path: Path, text: str) -> None:
    """Write a file that does not exist yet.

    Raises:
        UsageError: The path exists or cannot be written.
    """
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        refuse_existing(path)
    except OSError as error:
        raise UsageError(f"{path} cannot be written ({error.strerror})", advice="check --out") from error


def _columns(
    engine: Engine, lake: Lake, names: Sequence[str], *, asked: bool
) -> tuple[dict[str, dict[str, str]], list[str]]:
    """Return column types per table, and the tables that cannot be read."""
    found: dict[str, dict[str, str]] = {}
    unreadable = []
    for name in names:
        try:
            if engine.table_version(lake.target(name)) is None:
                raise InputError(f"{lake.base} has no table '{name}'", advice="check --table")
            schema = lake.read(engine.spark, name).schema
            found[name] = {field.name: field.dataType.simpleString() for field in schema.fields}
        except InputError:
            if asked:
                raise
            unreadable.append(name)
    return found, unreadable


def _head(found: dict[str, dict[str, str]], unreadable: Sequence[str], matches: dict[str, TableMatch]) -> Iterator[str]:
    yield "# Which of your tables and columns are which of ours: proposed by `customer360 init` from names and types."
    yield "# Look at every line marked 'check'. A column that is not listed is found by its own name, or missing."
    used = {match.table for match in matches.values()}
    others = [name for name in found if name not in used]
    if others:
        yield f"# Not used: {', '.join(map(_one_line, others))}"
    if unreadable:
        yield f"# No readable Delta tables: {', '.join(map(_one_line, unreadable))}"


def _roles(matches: dict[str, TableMatch]) -> Iterator[str]:
    for role, table in TABLES.items():
        if role not in matches:
            without = f"; {_WITHOUT[role]}" if role in _WITHOUT else ""
            yield f"  # {role}: no table like {table.name} was found{without}"
            continue
        match = matches[role]
        yield f"  {role}:  # {table.name}; {match.share:.0%} of its columns found"
        yield f"    table: {scalar(match.table)}"
        lines = [*_column_lines(role, match)]
        if any(not line.lstrip().startswith("#") for line in lines):
            yield "    columns:"
        yield from lines


def _column_lines(role: str, match: TableMatch) -> Iterator[str]:
    table = TABLES[role]
    for ours, column in match.columns.items():
        if column.theirs != ours or column.cast:
            value = {"column": column.theirs, "cast": column.cast} if column.cast else column.theirs
            yield f"      {ours}: {flow(value)}{_mark(column, table.columns[ours])}"
    needed = [one for one in needed_columns(table) if one in match.missing]
    for ours in needed:
        yield f"      # {ours}: check: no column like it, and without it the table cannot be read"
    rest = [ours for ours in match.missing if ours not in needed]
    for ours in rest:
        yield f"      # {ours}: no column like it; it counts as missing"


def _mark(column: ColumnMatch, expected: str) -> str:
    if column.certain:
        return ""
    why = f"{_one_line(column.found_type)} is read as {expected}" if column.cast else "the names are only alike"
    return f"  # check: {why}"


def _one_line(text: str) -> str:
    return " ".join(text.split())
