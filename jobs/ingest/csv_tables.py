"""Tables of CSV files, copied as text block by block."""

from __future__ import annotations

import csv
import gzip
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO, Any

import pyarrow as pa
from pyarrow import csv as arrow_csv

from jobs.errors import InputError
from jobs.ingest.staged import Staged, TextParts, known_columns, unknown_columns
from transforms.input_tables import InputTable

DELIMITERS = (",", ";", "\t", "|")
# A record must fit in one block.
BYTES_PER_BLOCK = 8 << 20


def stage_csv(files: Sequence[Path], table: InputTable, folder: Path) -> Staged:
    r"""Copy the known columns of CSV part files to Parquet, every value as text.

    UTF-8, a header line in every part, comma, semicolon, tab or bar between fields (the one that makes most
    column names known). RFC 4180 quoting: a quoted field may hold delimiters and line ends, a quote in it is
    doubled, a backslash is an ordinary character. An empty field and a bare \N are null in every column, an
    empty quoted field is the empty string.

    Raises:
        InputError: A file is unreadable, a quote is not closed, a record has too many or too few fields, no
            column is known, or the parts differ in their columns.
    """
    headers = [_header(path, table) for path in files]
    names_by_file = [known_columns(header, table, path) for path, (_, header) in zip(files, headers, strict=True)]
    columns = list(names_by_file[0])
    for path, names in zip(files, names_by_file, strict=True):
        if list(names) != columns:
            raise InputError(
                f"{table.name}: '{path}' has other columns than '{files[0]}': "
                f"{', '.join(sorted(set(names) ^ set(columns)))}",
                advice="give every part file the same header",
            )
    with TextParts(folder, columns) as parts:
        for path, (delimiter, _), names in zip(files, headers, names_by_file, strict=True):
            _check_quotes(path, delimiter)
            _copy(path, delimiter, names, parts)
    unknown = (
        name
        for (_, header), names in zip(headers, names_by_file, strict=True)
        for name in unknown_columns(header, names)
    )
    return Staged(tuple(parts.files), parts.rows, tuple(dict.fromkeys(unknown)))


def _header(path: Path, table: InputTable) -> tuple[str, list[str]]:
    try:
        headers = {delimiter: _first_record(path, delimiter) for delimiter in DELIMITERS}
    except (OSError, EOFError, UnicodeError, csv.Error) as error:
        raise _unreadable(path, type(error).__name__) from None
    known = {d: sum(n.strip().lower() in table.columns for n in header) for d, header in headers.items()}
    best = max(DELIMITERS, key=lambda delimiter: known[delimiter])
    if not headers[best]:
        raise InputError(f"'{path}' is empty: no header line", advice="a table without rows still needs its header")
    return best, headers[best]


def _first_record(path: Path, delimiter: str) -> list[str]:
    with _opened(path)(path, "rt", encoding="utf-8-sig", newline="") as lines:
        return next(csv.reader(lines, delimiter=delimiter), [])


def _check_quotes(path: Path, delimiter: str) -> None:
    """Raise where quotes do not follow RFC 4180.

    The fast parser reads an unclosed quote, or one escaped by a backslash, as something else without a word:
    rows would vanish inside a field. The strict one sees it, and only files with quotes pay for it.
    """
    try:
        with _opened(path)(path, "rb") as stream:
            if not any(b'"' in block for block in iter(lambda: stream.read(BYTES_PER_BLOCK), b"")):
                return
        with _opened(path)(path, "rt", encoding="utf-8-sig", newline="") as lines:
            records = csv.reader(lines, delimiter=delimiter, strict=True)
            try:
                deque(records, maxlen=0)
            except csv.Error as error:
                raise InputError(
                    f"'{path}' line {records.line_num}: quotes do not follow RFC 4180 ({error})",
                    advice="close every quote, and double a quote inside a quoted field",
                ) from None
    except (OSError, EOFError, UnicodeError) as error:
        raise _unreadable(path, type(error).__name__) from None


def _opened(path: Path) -> Callable[..., IO[Any]]:
    return gzip.open if path.name.lower().endswith(".gz") else open


def _copy(path: Path, delimiter: str, names: dict[str, str], parts: TextParts) -> None:
    bad_rows: list[Any] = []

    def refuse(row: Any) -> str:
        bad_rows.append(row)
        return "error"

    try:
        reader = arrow_csv.open_csv(
            pa.input_stream(path, compression="gzip" if path.name.lower().endswith(".gz") else None),
            read_options=arrow_csv.ReadOptions(block_size=BYTES_PER_BLOCK),
            parse_options=arrow_csv.ParseOptions(
                delimiter=delimiter, newlines_in_values=True, invalid_row_handler=refuse
            ),
            convert_options=arrow_csv.ConvertOptions(
                column_types={source: pa.string() for source in names.values()},
                include_columns=list(names.values()),
                null_values=["", "\\N"],
                strings_can_be_null=True,
                quoted_strings_can_be_null=False,
            ),
        )
        for batch in reader:
            parts.write(batch.columns)
    except (OSError, EOFError, pa.ArrowException) as error:
        if bad_rows:
            row = bad_rows[0]
            raise InputError(
                f"'{path}': a record has {row.actual_columns} fields, its header {row.expected_columns}",
                advice="quote fields that hold the delimiter, quotes or line ends",
            ) from None
        # The parser's message quotes the record, so only its kind is passed on.
        raise _unreadable(path, type(error).__name__) from None


def _unreadable(path: Path, reason: str) -> InputError:
    return InputError(
        f"'{path}' cannot be read as CSV ({reason})",
        advice="expected UTF-8 text, .csv or .csv.gz, with closed quotes and a header line",
    )
