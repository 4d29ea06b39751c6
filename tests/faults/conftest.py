from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.faults.runs import Place
from tests.jobs.small_lake import customers, write

TIERS = ("Basic", "Gold")


def value_rows(n: int) -> list[dict[str, object]]:
    return customers(
        *(
            {
                "customer_tier": TIERS[i % 2],
                "estimated_customer_ltv": 100.0 + i,
                "recency_score": i % 5 + 1,
                "frequency_score": 3,
                "monetary_score": 2,
            }
            for i in range(n)
        )
    )


def add_customers(lake: Path, n: int) -> None:
    """Append so many customers that are not there yet to the base table."""
    rows = [{**row, "primary_email": f"new{n}-{i}@y.org"} for i, row in enumerate(value_rows(n))]
    write(lake, "value", rows, mode="append")


@pytest.fixture(scope="module")
def published_once(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Place:
    """One publication of 40 customers, and 10 customers more that it does not know yet."""
    place = Place(tmp_path_factory.mktemp("once"), request.config.getoption("--engine"))
    write(place.lake, "value", value_rows(40))
    done = place.run()
    assert done.code == 0, done.err
    add_customers(place.lake, 10)
    return place


@pytest.fixture
def place(published_once: Place, tmp_path: Path) -> Place:
    """A copy that a test may spoil. Its first report lies where it was published."""
    shutil.copytree(published_once.folder, tmp_path, dirs_exist_ok=True)
    return Place(tmp_path, published_once.engine)
