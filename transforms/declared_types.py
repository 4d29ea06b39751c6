"""Raw columns, usually text, read as the types that the mart declares; what cannot be read is counted.

A value is *present* when it is not null and, in a column that is not a string, not a null marker. A present
value that its type cannot hold becomes null **and is counted** by `unreadable_counts`. Text is read by rules
that do not depend on the engine, the session time zone or the locale:

* int, bigint: digits with a sign; '5.0' and '5.00' are 5, '5.5' is unreadable.
* double: decimal and scientific notation with a point; 'NaN', 'inf', '-Infinity' are read as such. A finite
  number too large for a double is unreadable, not infinity.
* boolean: true/false, t/f, yes/no, 1/0, 1.0/0.0, in any case.
* timestamp: 'YYYY-MM-DD', optionally followed by a blank or 'T', 'HH:MM[:SS[.fraction]]' and an offset
  ('Z', 'UTC', '+08', '+0800', '+08:00'); without an offset it is UTC. Digits beyond microseconds are cut.
  Epoch seconds (9 or 10 digits) and epoch milliseconds (12 or 13 digits), that is 1973 to 2286; other lengths
  are unreadable, because 20250920 is a date to a reader and 1970 to a clock.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

from transforms.input_tables import InputTable

NULL_MARKERS: tuple[str, ...] = ("", "NULL", "null", "None", "\\N")
ROWS = "rows"

_BLANKS = " \t\r\n"
_INTEGER = r"^([+-]?[0-9]+)(?:\.0*)?$"
_NUMBER = r"^[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?$"
_NOT_FINITE = ("nan", "inf", "+inf", "-inf", "infinity", "+infinity", "-infinity")
_TRUE = ("true", "t", "yes", "1", "1.0")
_FALSE = ("false", "f", "no", "0", "0.0")
_DATE = r"[1-9][0-9]{3}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])"
_CLOCK = r"(?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:\.[0-9]{1,9})?)?"
_OFFSET = r" ?(?:[Zz]|UTC|[+-](?:0[0-9]|1[0-4])(?::?[0-5][0-9])?)"
# Group 1 is the date. No look-around: one engine has none.
_TIMESTAMP = rf"^({_DATE})(?:[ T]{_CLOCK}(?:{_OFFSET})?)?$"
# Parts of a text that matches _TIMESTAMP.
_CLOCK_PART = r"[ T]([0-9:.]+)"
_OFFSET_PART = r"[ T][0-9:.]+ ?([+-][0-9:]+)$"
_EPOCH = r"^([0-9]{9,10}|[0-9]{12,13})(?:\.0*)?$"


def trimmed(text: Column) -> Column:
    """Return the text without blanks, tabs and line ends around it."""
    return F.btrim(text, F.lit(_BLANKS))


def integer_from_text(text: Column, type_name: str) -> Column:
    """Return the text as `int` or `bigint`; null where it is no integer or out of range."""
    return F.regexp_extract(trimmed(text), _INTEGER, 1).try_cast(type_name)


def double_from_text(text: Column) -> Column:
    """Return the text as a double; null where it is no number or overflows."""
    word = trimmed(text)
    value = word.try_cast("double")
    overflows = F.abs(value) == F.lit(float("inf"))
    return F.when(F.lower(word).isin(*_NOT_FINITE) | (word.rlike(_NUMBER) & ~overflows), value)


def boolean_from_text(text: Column) -> Column:
    """Return the text as a boolean; null where it is none of the accepted words."""
    word = F.lower(trimmed(text))
    return F.when(word.isin(*_TRUE), F.lit(True)).when(word.isin(*_FALSE), F.lit(False))


def timestamp_from_text(text: Column) -> Column:
    """Return the text as an instant; null where it is in none of the formats of this module's docstring."""
    word = trimmed(text)
    # Null where the text as a whole is no timestamp, and through `concat` for all that follows. Straight-line
    # text functions without branches: both engines then compute each part once per row.
    date = F.nullif(F.regexp_extract(word, _TIMESTAMP, 1), F.lit(""))
    clock = F.regexp_extract(word, _CLOCK_PART, 1)
    offset = _filled(F.translate(F.regexp_extract(word, _OFFSET_PART, 1), ":", ""), "+0000")
    # Always with seconds and an offset: engines differ in what they make of anything shorter.
    written = F.concat(
        date,
        F.lit(" "),
        _filled(clock, "00:00:00"),
        F.substring(offset, 1, 3),
        F.lit(":"),
        F.substring(offset, 4, 2),
    )
    digits = F.regexp_extract(word, _EPOCH, 1)
    # One factor, not two branches: an engine that evaluates both would overflow in the one not taken.
    micros_per_unit = F.when(F.length(digits) >= 12, F.lit(1_000)).otherwise(F.lit(1_000_000))
    epoch = F.timestamp_micros(digits.try_cast("bigint") * micros_per_unit.cast("bigint"))
    return F.coalesce(written.try_cast("timestamp"), epoch)


def _filled(text: Column, template: str) -> Column:
    """Return the text, with what it is too short for taken from the template."""
    return F.concat(text, F.substring(F.lit(template), F.length(text) + F.lit(1), F.lit(len(template))))


def from_text(text: Column, type_name: str) -> Column:
    """Return the text read as the declared type; strings stay as they are.

    Raises:
        ValueError: No rule exists for the type: the contract declares one that this module does not know.
    """
    match type_name:
        case "string":
            return text
        case "int" | "bigint":
            return integer_from_text(text, type_name)
        case "double":
            return double_from_text(text)
        case "boolean":
            return boolean_from_text(text)
        case "timestamp":
            return timestamp_from_text(text)
    raise ValueError(f"no rule reads text as {type_name}")


def from_typed(value: Column, source_type: T.DataType, type_name: str) -> Column:
    """Return a column of any type as the declared type; null where a value does not fit.

    Same types pass unchanged. Numbers and booleans become numbers by value: 5.0 is 5; 5.5, NaN and what is
    out of range are unreadable as integers. Bytes and nested values are unreadable. All else goes through its
    text.
    """
    if source_type.simpleString() == type_name:
        return value
    if isinstance(source_type, T.StringType):
        return from_text(value, type_name)
    if isinstance(source_type, T.BinaryType | T.ArrayType | T.MapType | T.StructType):
        return F.lit(None).cast(type_name)
    if type_name in ("int", "bigint", "double"):
        if isinstance(source_type, T.FractionalType) and type_name != "double":
            return F.when(value % F.lit(1) == F.lit(0), value.try_cast(type_name))
        if isinstance(source_type, T.NumericType | T.BooleanType):
            return value.try_cast(type_name)
    return from_text(value.cast("string"), type_name)


def without_null_markers(value: Column, source_type: T.DataType, type_name: str, null_markers: Iterable[str]) -> Column:
    """Return the value, null where it is a null marker: text in a column that is no string."""
    if isinstance(source_type, T.StringType) and type_name != "string":
        return F.when(~trimmed(value).isin(*null_markers), value)
    return value


def columns_in_source(available: Iterable[str], table: InputTable) -> dict[str, str]:
    """Return declared name -> name in the source, ignoring case and blanks around it, in schema order.

    Raises:
        ValueError: Two columns of the source have the same declared name.
    """
    found: dict[str, str] = {}
    for name in available:
        declared = name.strip().lower()
        if declared in table.columns:
            if declared in found:
                raise ValueError(f"column {declared} occurs twice")
            found[declared] = name
    return {name: found[name] for name in table.columns if name in found}


def with_declared_types(raw: DataFrame, table: InputTable, *, null_markers: Sequence[str] = NULL_MARKERS) -> DataFrame:
    """Return exactly the declared columns with the declared types, in schema order.

    Grain: one row in, one row out. Null markers and unreadable values become null, columns that the source
    lacks are all null, columns that the contract lacks are dropped.

    Args:
        raw: The rows as text, or of any type.
        table: The contract.
        null_markers: Texts that mean null in a column that is not a string; compared after trimming.
    """
    names = columns_in_source(raw.columns, table)

    def declared(name: str, type_name: str) -> Column:
        if name not in names:
            return F.lit(None).cast(type_name)
        value, source_type = _source_column(raw, names[name])
        present = without_null_markers(value, source_type, type_name, null_markers)
        return from_typed(present, source_type, type_name)

    return raw.select(*(declared(name, type_name).alias(name) for name, type_name in table.columns.items()))


def unreadable_counts(raw: DataFrame, table: InputTable, *, null_markers: Sequence[str] = NULL_MARKERS) -> DataFrame:
    """Return one row: `rows`, and per declared column that the source has its number of unreadable values.

    Unreadable: present, and null once read as the declared type. One aggregate over one scan; counts are
    bigint, and 0 for an empty source.
    """
    names = columns_in_source(raw.columns, table)

    def unreadable(name: str, type_name: str) -> Column:
        value, source_type = _source_column(raw, names[name])
        present = without_null_markers(value, source_type, type_name, null_markers)
        return F.count_if(from_typed(present, source_type, type_name).isNull() & present.isNotNull())

    return raw.agg(
        F.count(F.lit(1)).alias(ROWS),
        *(unreadable(name, table.columns[name]).alias(name) for name in names),
    )


def _source_column(raw: DataFrame, name: str) -> tuple[Column, T.DataType]:
    source_type = next(field.dataType for field in raw.schema.fields if field.name == name)
    quoted = name.replace("`", "``")
    return F.col(f"`{quoted}`"), source_type
