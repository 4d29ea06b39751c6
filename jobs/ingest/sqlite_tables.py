"""Tables of an SQLite file, copied as text in bounded chunks."""

from __future__ import annotations

import shutil
import sqlite3
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa

from jobs.errors import InputError
from jobs.ingest.staged import Staged, TextParts, known_columns, unknown_columns
from transforms.input_tables import InputTable

ROWS_PER_CHUNK = 10_000


def table_names(path: Path) -> list[str]:
    """Return the names of the file's tables and views.

    Raises:
        InputError: The file cannot be read as SQLite.
    """
    query = "SELECT name FROM sqlite_master WHERE type IN ('table', 'view') ORDER BY name"
    with _reading(path) as connection:
        names = [str(name) for (name,) in connection.execute(query)]
    return [name for name in names if not name.startswith("sqlite_")]


def stage_sqlite(path: Path, inner_name: str, table: InputTable, folder: Path) -> Staged:
    """Copy the known columns of one SQLite table to Parquet, every value as text exactly as stored.

    SQLite types values, not columns: an INTEGER column may hold 'abc' or 5.0. Integers become '5', floats
    their shortest exact notation, text stays. Blobs and text that is not UTF-8 are refused: null and counted.

    Raises:
        InputError: The file cannot be read, or no column is known.
    """
    with _reading(path) as connection:
        available = [str(row[1]) for row in connection.execute(f"PRAGMA table_xinfo({_quoted(inner_name)})")]
        names = known_columns(available, table, path)
        try:
            staged = _copy(connection, inner_name, names, folder)
        except sqlite3.OperationalError as error:
            if "decode" not in str(error):
                raise
            # A Python call per text cell is slow, so only the rare file with broken text pays for it.
            connection.text_factory = _text_or_bytes
            shutil.rmtree(folder)
            staged = _copy(connection, inner_name, names, folder)
    return Staged(staged.files, staged.rows, unknown_columns(available, names), staged.refused)


def _copy(connection: sqlite3.Connection, inner_name: str, names: dict[str, str], folder: Path) -> Staged:
    refused: Counter[str] = Counter()
    selected = ", ".join(_quoted(name) for name in names.values())
    cursor = connection.execute(f"SELECT {selected} FROM {_quoted(inner_name)}")
    with TextParts(folder, list(names)) as parts:
        while rows := cursor.fetchmany(ROWS_PER_CHUNK):
            columns = zip(*rows, strict=True)
            parts.write([_text(name, values, refused) for name, values in zip(names, columns, strict=True)])
    return Staged(tuple(parts.files), parts.rows, refused=dict(refused))


def _text(name: str, values: Sequence[object], refused: Counter[str]) -> pa.Array:
    kinds = set(map(type, values)) - {type(None)}
    if kinds == {int}:
        return pa.array(values, pa.int64()).cast(pa.string())
    if not kinds <= {str}:
        if bytes in kinds:
            refused[name] += sum(isinstance(value, bytes) for value in values)
        values = [value if value is None or type(value) is str else _written(value) for value in values]
    return pa.array(values, pa.string())


def _written(value: object) -> str | None:
    return None if isinstance(value, bytes) else repr(value)


def _text_or_bytes(stored: bytes) -> str | bytes:
    try:
        return stored.decode()
    except UnicodeDecodeError:
        return stored


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


@contextmanager
def _reading(path: Path) -> Iterator[sqlite3.Connection]:
    connection: sqlite3.Connection | None = None
    try:
        connection = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)
        yield connection
    except sqlite3.Error as error:
        # The driver's message may quote a stored value; its error name does not.
        reason = getattr(error, "sqlite_errorname", None) or type(error).__name__
        raise InputError(
            f"'{path}' cannot be read as SQLite ({reason})", advice="check that it is a whole SQLite 3 file"
        ) from None
    finally:
        if connection is not None:
            connection.close()
