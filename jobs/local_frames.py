"""Small frames from driver rows, through Arrow: no Python worker is started for them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

_TYPES: dict[str, pa.DataType] = {
    "string": pa.string(),
    "bigint": pa.int64(),
    "int": pa.int32(),
    "double": pa.float64(),
    "boolean": pa.bool_(),
    "binary": pa.binary(),
    "timestamp": pa.timestamp("us", tz="UTC"),
    "map<string,string>": pa.map_(pa.string(), pa.string()),
    "map<string,bigint>": pa.map_(pa.string(), pa.int64()),
}
_COLUMN = re.compile(r"(\w+) ([a-z]+(?:<[a-z]+,[a-z]+>)?)")


def local_frame(spark: SparkSession, rows: Sequence[Mapping[str, Any]], ddl: str) -> DataFrame:
    """Return a frame of the given rows; columns a row leaves out are null.

    Args:
        spark: The session.
        rows: Plain values; maps as dicts; timestamps with a time zone.
        ddl: `name type, ...` of the types result tables use.
    """
    columns = _COLUMN.findall(ddl)
    if not rows:
        # Spark Connect takes no empty Arrow table, and an empty Python list would start a worker when it is read
        return spark.range(0).select(*(F.lit(None).cast(type_name).alias(name) for name, type_name in columns))
    schema = pa.schema([(name, _TYPES[type_name]) for name, type_name in columns])
    values = [
        {name: list(row[name].items()) if isinstance(row.get(name), dict) else row.get(name) for name, _ in columns}
        for row in rows
    ]
    return spark.createDataFrame(pa.Table.from_pylist(values, schema=schema))
