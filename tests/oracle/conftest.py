"""On Apache Spark the analyses of a generated lake take minutes: `--sample` leaves each of these lakes one of them."""

from __future__ import annotations

import pytest

# All six are computed of the hand-worked lakes, on every engine.
SAMPLE = {"first": "conversion_behaviour", "second": "limited_data_value", "scale": "high_value_cohort"}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--sample", action="store_true", help="one analysis per generated lake, in place of all")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not config.getoption("--sample"):
        return
    left_out = [item for item in items if _is_left_out(getattr(item, "callspec", None))]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if item not in left_out]


def _is_left_out(callspec: object) -> bool:
    params = getattr(callspec, "params", {})
    return "lake" in params and params.get("analysis", chosen := SAMPLE[params["lake"][0]]) != chosen


@pytest.fixture(scope="session")
def sample(request: pytest.FixtureRequest) -> bool:
    return bool(request.config.getoption("--sample"))
