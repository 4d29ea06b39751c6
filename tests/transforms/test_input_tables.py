from __future__ import annotations

import pytest
from pyspark.sql import SparkSession

from transforms.input_tables import TABLES

NUMBER_OF_COLUMNS = {"activity": 57, "funnel": 43, "value": 37, "address": 14, "mapping": 9}


@pytest.mark.parametrize("role", TABLES)
def test_every_table_is_a_schema_the_engine_reads_in_declared_order(spark: SparkSession, role: str) -> None:
    table = TABLES[role]
    schema = spark.createDataFrame([], table.ddl).schema
    assert schema.names == list(table.columns)
    found = {field.name: field.dataType.simpleString() for field in schema.fields}
    assert found == table.columns


@pytest.mark.parametrize("role", TABLES)
def test_key_and_snapshot_column_are_columns_of_the_table(role: str) -> None:
    table = TABLES[role]
    assert table.role == role
    assert table.name.startswith("customer360__")
    if role in ("address", "mapping"):
        assert (table.key_column, table.snapshot_column) == (None, None)
    else:
        assert table.columns[str(table.key_column)] == "string"
        assert table.columns[str(table.snapshot_column)] == "timestamp"


def test_the_contract_has_the_declared_number_of_columns() -> None:
    assert {role: len(table.columns) for role, table in TABLES.items()} == NUMBER_OF_COLUMNS


def test_a_column_of_two_tables_has_one_type() -> None:
    types: dict[str, set[str]] = {}
    for table in TABLES.values():
        for name, type_name in table.columns.items():
            types.setdefault(name, set()).add(type_name)
    assert {name: found for name, found in types.items() if len(found) > 1} == {}
