"""One session per process; the engine is chosen on the command line."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pyspark.sql import SparkSession


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--engine", choices=("spark", "embedded"), default="embedded")


@pytest.fixture(scope="session")
def engine_name(request: pytest.FixtureRequest) -> str:
    return str(request.config.getoption("--engine"))


@pytest.fixture(scope="session")
def spark(engine_name: str) -> Iterator[SparkSession]:
    from jobs.engines import start_engine

    engine = start_engine(engine_name, {"spark.sql.shuffle.partitions": "2"})
    yield engine.spark
    engine.stop()
