from __future__ import annotations

import pytest
from pyspark.sql import DataFrame, SparkSession

from jobs.generate import generate
from transforms import synthetic
from transforms.input_tables import TABLES
from transforms.synthetic import LakePlan

CUSTOMERS = 800
SEED = 42


@pytest.fixture(scope="session")
def plan() -> LakePlan:
    return synthetic.plan_lake("first", customers=CUSTOMERS, seed=SEED, mapping=True)


@pytest.fixture(scope="session")
def tables(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> dict[str, DataFrame]:
    """The five tables of one small lake, written once and read by every test."""
    lake = str(tmp_path_factory.mktemp("synthetic") / "lake")
    generate(spark, lake=lake, shape="first", customers=CUSTOMERS, seed=SEED, mapping=True)
    return {role: spark.read.format("delta").load(f"{lake}/{table.name}") for role, table in TABLES.items()}
