"""The border of every generated table: declared columns, declared types, declared order."""

from __future__ import annotations

from collections.abc import Mapping

from pyspark.sql import Column, DataFrame

from transforms.input_tables import InputTable


def in_schema_order(rows: DataFrame, table: InputTable, columns: Mapping[str, Column]) -> DataFrame:
    """Return `columns` over `rows`, cast to the declared types, in schema order. Grain unchanged.

    Raises:
        ValueError: A declared column has no expression, or an expression is not declared.
    """
    if set(columns) != set(table.columns):
        odd = sorted(set(columns) ^ set(table.columns))
        raise ValueError(f"{table.name}: columns differ from the contract: {', '.join(odd)}")
    return rows.select(*(columns[name].cast(kind).alias(name) for name, kind in table.columns.items()))
