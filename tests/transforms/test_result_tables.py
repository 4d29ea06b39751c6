from __future__ import annotations

import pytest
from pyspark.sql import SparkSession

from transforms import result_tables


@pytest.mark.parametrize("table", result_tables.NAMES)
def test_columns_and_ddl_name_the_same_columns_identity_first(spark: SparkSession, table: str) -> None:
    schema = spark.createDataFrame([], result_tables.ddl(table)).schema
    assert schema.names == result_tables.columns(table)
    assert schema.names[:3] == ["run_id", "attempt_id", "analysis"]
    assert len(set(schema.names)) == len(schema.names)


def test_only_the_pointer_and_the_event_log_are_not_staged() -> None:
    assert set(result_tables.NAMES) - set(result_tables.STAGED) == {"runs", "publications"}
    assert len(result_tables.NAMES) == 16


def test_an_unknown_table_has_no_schema() -> None:
    with pytest.raises(KeyError):
        result_tables.ddl("measure")


def test_maps_keep_their_types(spark: SparkSession) -> None:
    schema = spark.createDataFrame([], result_tables.ddl("runs")).schema
    assert schema["source_versions"].dataType.simpleString() == "map<string,bigint>"
    assert schema["source_ids"].dataType.simpleString() == "map<string,string>"
