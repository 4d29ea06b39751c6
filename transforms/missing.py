"""What counts as missing: null, NaN and both infinities."""

from __future__ import annotations

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

from transforms import columns as c


def finite(value: Column) -> Column:
    """Return a double with NaN and infinities as null."""
    # coalesce: isnan(null) is null on one engine and false on the other
    is_number = ~F.coalesce(F.isnan(value), F.lit(False)) & (F.abs(value) < float("inf"))
    return F.when(is_number, value)


def is_not_finite(value: Column) -> Column:
    """Return whether a double is NaN or infinite; null gives false."""
    return F.coalesce(F.isnan(value) | (F.abs(value) == float("inf")), F.lit(False))


def with_missing_as_null(frame: DataFrame) -> DataFrame:
    """Turn NaN and infinities of every float and double column into null. Grain unchanged."""
    return frame.select(
        *(
            finite(F.col(f"`{field.name}`").cast("double")).alias(field.name)
            if isinstance(field.dataType, T.DoubleType | T.FloatType)
            else F.col(f"`{field.name}`")
            for field in frame.schema.fields
        )
    )


def category(value: Column) -> Column:
    """Return a value as text for counting: null is `(missing)`, every other spelling is kept."""
    return F.coalesce(value.cast("string"), F.lit(c.MISSING))


def flag(value: Column) -> Column:
    """Return a 0/1 flag as a double; anything else is missing (null)."""
    return F.when(value.isin(0, 1), value.cast("double"))
