"""One session per process; the engine is chosen on the command line."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pyspark.sql import SparkSession

from jobs.engines import Engine, start_engine
from jobs.reporting import report as reporting
from tests.pictures import not_drawn

# Literal frames are small: code generation and eight partitions would cost more than the work.
SMALL = {
    "spark.sql.shuffle.partitions": "2",
    "spark.sql.adaptive.enabled": "false",
    "spark.sql.codegen.wholeStage": "false",
    # the quick compiler only: a test is over before the thorough one would pay
    "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--engine", choices=("spark", "embedded"), default="embedded")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--engine") == "spark":
        return
    for item in items:
        mark = item.get_closest_marker("spark_only")
        if mark is not None:
            item.add_marker(pytest.mark.skip(reason=str(mark.kwargs["reason"])))


@pytest.fixture(scope="session")
def engine_name(request: pytest.FixtureRequest) -> str:
    return str(request.config.getoption("--engine"))


@pytest.fixture(scope="session")
def engine(engine_name: str) -> Iterator[Engine]:
    running = start_engine(engine_name, SMALL if engine_name == "spark" else {})
    yield running
    running.stop()


@pytest.fixture(scope="session")
def spark(engine: Engine) -> SparkSession:
    return engine.spark


@pytest.fixture(scope="module")
def no_pictures() -> Iterator[None]:
    """Leave the charts of a module's reports empty: drawing is what costs, and these tests look at rows and words."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reporting, "write_chart", not_drawn)
        yield


@pytest.fixture
def hmac_key(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hide customer keys of a test's runs under one key; else each lake would get one of its own."""
    monkeypatch.setenv("CUSTOMER360_HMAC_KEY", "a-key-for-the-tests-only")
