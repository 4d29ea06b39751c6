"""Synthetic customer360 lakes: the shapes of data, their hazards, and effects that are known.

`plan_lake` says how many rows each table has; `input_table` turns that many row numbers into the table. All
values are hashes of the seed and the row's identity: the same on every engine and in every partitioning.
"""

from __future__ import annotations

from pyspark.sql import DataFrame

from transforms.synthetic.activity import activity_rows
from transforms.synthetic.address import address_rows, mapping_rows
from transforms.synthetic.description import describe
from transforms.synthetic.funnel import funnel_rows
from transforms.synthetic.shapes import MINIMUM_CUSTOMERS, SHAPES, LakePlan, Shape, plan_lake
from transforms.synthetic.value import value_rows

__all__ = [
    "MINIMUM_CUSTOMERS",
    "SHAPES",
    "LakePlan",
    "Shape",
    "describe",
    "input_table",
    "plan_lake",
    "rows_per_table",
]

_TABLES = {
    "activity": activity_rows,
    "funnel": funnel_rows,
    "value": value_rows,
    "address": address_rows,
    "mapping": mapping_rows,
}


def rows_per_table(lake: LakePlan) -> dict[str, int]:
    """Return role to number of rows, for the tables the lake has."""
    rows = {"activity": lake.activity.rows, "funnel": lake.funnel.rows, "value": lake.value.rows}
    if lake.address_rows is not None:
        rows["address"] = lake.address_rows
        if lake.mapping:
            rows["mapping"] = lake.address_ids
    return rows


def input_table(ids: DataFrame, lake: LakePlan, role: str) -> DataFrame:
    """Return one input table from row numbers.

    Args:
        ids: one bigint column `id`, 0 .. rows_per_table(lake)[role] - 1, each once, in any order.
        lake: the plan of the lake.
        role: short role of the table, as in `transforms.input_tables.TABLES`.

    Returns:
        DataFrame: one row per row number; columns, types and order as declared.
    """
    return _TABLES[role](ids, lake)
