"""Only aggregates come to the driver."""

from __future__ import annotations

import pytest
from pyspark.sql import SparkSession

from jobs.bounded import collect_rows
from jobs.errors import InputError


def test_more_rows_than_a_summary_has_are_refused(spark: SparkSession) -> None:
    assert len(collect_rows(spark.range(3), "countries", cap=3)) == 3
    with pytest.raises(InputError, match="countries has more than 3 rows"):
        collect_rows(spark.range(4), "countries", cap=3)
