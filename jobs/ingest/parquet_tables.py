"""Tables of Parquet files: read where they lie, or rewritten when an engine could not read them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from jobs.errors import InputError
from jobs.ingest.staged import Staged, known_columns, unknown_columns
from transforms.input_tables import InputTable

ROWS_PER_BATCH = 50_000
# The engines take these for patterns or separators when they stand in a path.
_SPECIAL_IN_PATH = frozenset("*?[]{}\\,%")


def stage_parquet(files: Sequence[Path], table: InputTable, folder: Path) -> Staged:
    """Return the files themselves, or copies with types that both engines read.

    Copied are files with nanosecond timestamps (what pandas writes; cut to microseconds), unsigned integers,
    columns of type null, and files whose path the engines would misread.

    Raises:
        InputError: A file is unreadable, no column is known, or the parts differ in names or types.
    """
    schemas = [_schema(path) for path in files]
    names = known_columns(schemas[0].names, table, files[0])
    wanted = [schemas[0].field(name) for name in names.values()]
    for path, schema in zip(files[1:], schemas[1:], strict=True):
        other = known_columns(schema.names, table, path)
        differing = [
            declared
            for declared in sorted(set(names) | set(other))
            if declared not in names
            or declared not in other
            or schema.field(other[declared]).type != schemas[0].field(names[declared]).type
        ]
        if differing:
            raise InputError(
                f"{table.name}: '{path}' and '{files[0]}' differ in names or types of {', '.join(differing)}",
                advice="write all part files with one schema",
            )
    unknown = unknown_columns(schemas[0].names, names)
    rows = sum(pq.read_metadata(path).num_rows for path in files)
    target = pa.schema([pa.field(field.name, _readable_type(field.type)) for field in wanted])
    safe_paths = not any(_SPECIAL_IN_PATH & set(str(path.resolve())) for path in files)
    same_types = all(field.type == target.field(field.name).type for field in wanted)
    if safe_paths and same_types:
        return Staged(tuple(path.resolve() for path in files), rows, unknown)
    return Staged(_rewritten(files, target, folder), rows, unknown)


def _schema(path: Path) -> pa.Schema:
    try:
        return pq.read_schema(path)
    except (OSError, pa.ArrowException) as error:
        raise _unreadable(path, error) from None


def _readable_type(kind: pa.DataType) -> pa.DataType:
    if pa.types.is_timestamp(kind):
        return pa.timestamp("us", tz=kind.tz)
    if pa.types.is_null(kind) or pa.types.is_uint64(kind) or pa.types.is_time(kind):
        return pa.string()
    if pa.types.is_unsigned_integer(kind):
        return pa.int64()
    if pa.types.is_float16(kind):
        return pa.float32()
    if pa.types.is_dictionary(kind):
        return kind.value_type
    return kind


def _rewritten(files: Sequence[Path], schema: pa.Schema, folder: Path) -> tuple[Path, ...]:
    folder.mkdir(parents=True, exist_ok=True)
    copies = []
    for number, path in enumerate(files):
        copies.append(folder / f"part-{number:05d}.parquet")
        try:
            with pq.ParquetFile(path) as source, pq.ParquetWriter(copies[-1], schema) as target:
                for batch in source.iter_batches(ROWS_PER_BATCH, columns=schema.names):
                    rows = pa.Table.from_batches([batch]).select(schema.names)
                    target.write_table(rows.cast(schema, safe=False))
        except (OSError, pa.ArrowException) as error:
            raise _unreadable(path, error) from None
    return tuple(copies)


def _unreadable(path: Path, error: Exception) -> InputError:
    return InputError(
        f"'{path}' cannot be read as Parquet ({type(error).__name__})",
        advice="check that it is a whole Parquet file",
    )
