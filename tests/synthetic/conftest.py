from __future__ import annotations

from collections.abc import Iterator

import pytest
from pyspark.sql import DataFrame, SparkSession

from transforms import synthetic
from transforms.synthetic import LakePlan

CUSTOMERS = 800


def table(spark: SparkSession, plan: LakePlan, role: str) -> DataFrame:
    return synthetic.input_table(spark.range(synthetic.rows_per_table(plan)[role]), plan, role)


@pytest.fixture(scope="package")
def plan() -> LakePlan:
    return synthetic.plan_lake("first", customers=CUSTOMERS, seed=42, mapping=True)


@pytest.fixture(scope="package")
def tables(spark: SparkSession, plan: LakePlan) -> Iterator[dict[str, DataFrame]]:
    """The five tables of one small lake, computed once."""
    frames = {role: table(spark, plan, role).cache() for role in synthetic.rows_per_table(plan)}
    yield frames
    for frame in frames.values():
        frame.unpersist()
