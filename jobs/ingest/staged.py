"""Rows of a source laid down as Parquet, so that both engines read the same bytes the same way."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType

import pyarrow as pa
import pyarrow.parquet as pq

from jobs.errors import InputError
from transforms.declared_types import columns_in_source
from transforms.input_tables import InputTable

ROWS_PER_PART = 100_000


@dataclass(frozen=True, slots=True)
class Staged:
    """Parquet files that hold one table's rows; `rows` is what was copied.

    `refused` counts, per column, values that text cannot hold (bytes, broken UTF-8): null in the files.
    """

    files: tuple[Path, ...]
    rows: int
    unknown_columns: tuple[str, ...] = ()
    refused: Mapping[str, int] = field(default_factory=dict)


def known_columns(available: Sequence[str], table: InputTable, place: Path) -> dict[str, str]:
    """Return declared name -> source name.

    Raises:
        InputError: No column is known, or two columns have the same name.
    """
    try:
        names = columns_in_source(available, table)
    except ValueError as error:
        raise InputError(f"{table.name} in '{place}': {error}", advice="rename or drop one of them") from None
    if not names:
        raise InputError(
            f"{table.name} in '{place}': none of its {len(available)} columns is known; expected "
            f"{', '.join(list(table.columns)[:3])}, ...",
            advice="a CSV file needs a header line with the column names",
        )
    return names


def unknown_columns(available: Iterable[str], names: Mapping[str, str]) -> tuple[str, ...]:
    """Return the source's columns that are not taken, in its order."""
    taken = set(names.values())
    return tuple(name for name in available if name not in taken)


class TextParts:
    """Write columns of text into Parquet part files of bounded size; at least one file, even without rows."""

    def __init__(self, folder: Path, columns: Sequence[str]) -> None:
        self._folder = folder
        self._schema = pa.schema([pa.field(name, pa.string()) for name in columns])
        self._writer: pq.ParquetWriter | None = None
        self._rows_in_part = 0
        self.rows = 0
        self.files: list[Path] = []
        folder.mkdir(parents=True, exist_ok=True)

    def write(self, arrays: Sequence[pa.Array]) -> None:
        """Append rows, one array per column."""
        batch = pa.RecordBatch.from_arrays(list(arrays), schema=self._schema)
        full = self._rows_in_part >= ROWS_PER_PART
        writer = self._next_part() if self._writer is None or full else self._writer
        writer.write_batch(batch)
        self._rows_in_part += batch.num_rows
        self.rows += batch.num_rows

    def _next_part(self) -> pq.ParquetWriter:
        if self._writer is not None:
            self._writer.close()
        self.files.append(self._folder / f"part-{len(self.files):05d}.parquet")
        self._writer = pq.ParquetWriter(self.files[-1], self._schema)
        self._rows_in_part = 0
        return self._writer

    def __enter__(self) -> TextParts:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None and self._writer is None:
            self._next_part()
        if self._writer is not None:
            self._writer.close()
