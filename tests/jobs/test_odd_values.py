"""Values at the ends of what a column can hold."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from jobs.engines import Engine
from jobs.errors import InputError
from jobs.run import Outcome, RunOptions, run
from tests.jobs.small_lake import customers, definition_of, write

pytestmark = pytest.mark.usefixtures("no_pictures")

FIRST = dt.datetime(1, 1, 1, tzinfo=dt.UTC)
LAST = dt.datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=dt.UTC)


@pytest.fixture(autouse=True)
def key() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CUSTOMER360_HMAC_KEY", "a-key-for-the-tests-only")
        yield


def outcome(engine: Engine, folder: Path, rows: list[dict[str, Any]], **condition: Any) -> Outcome:
    write(folder / "lake", "value", rows)
    definition = definition_of(
        cohort=[{"column": "recency_score", "operator": ">=", "value": 3, **condition}],
        sections={
            "cohort_profile": {"measures": [{"column": "estimated_customer_ltv", "unit": "currency"}]},
            "tier_ltv": {},
        },
    )
    places = {name: str(folder / name) for name in ("lake", "results", "reports")}
    (found,) = run(engine, [definition], RunOptions(**places))
    assert found.published_now
    return found


def test_times_of_the_years_1_and_9999_are_read_and_ordered(engine: Engine, tmp_path: Path) -> None:
    # the customer has a low score at first, none in between and a high one at last
    rows = [
        {"primary_email": f"c{number}@x.org", "recency_score": score, "analysis_timestamp": at}
        for number in range(8)
        for at, score in ((LAST, 5), (FIRST, 1), (None, 2))
    ]
    found = outcome(engine, tmp_path, rows)
    assert [row["n_remaining"] for row in found.rows["attrition"]] == [8, 8]


def test_a_cohort_of_everybody_has_no_peers_and_is_published(engine: Engine, tmp_path: Path) -> None:
    rows = customers(*({"recency_score": 4, "customer_tier": "Gold", "estimated_customer_ltv": 5.0} for _ in range(9)))
    found = outcome(engine, tmp_path, rows)
    assert [row["n_remaining"] for row in found.rows["attrition"]] == [9, 9]
    overall = [row for row in found.rows["comparisons"] if row["group_b"] == "peers"]
    assert all((row["n_b"] or 0) == 0 and row["difference"] is None for row in overall)


@pytest.mark.parametrize("amount", [1e15, 1e17, 1e30, 1e300, 1.7e308])
def test_amounts_too_large_to_add_are_an_input_error_or_counted_right(
    engine: Engine, tmp_path: Path, amount: float
) -> None:
    rows = customers(*({"recency_score": n % 5, "estimated_customer_ltv": amount} for n in range(10)))
    try:
        found = outcome(engine, tmp_path, rows)
    except InputError as error:
        assert "too large" in error.line()  # noqa: PT017 - either is right
        return
    for row in found.rows["measures"]:
        if row["measure"] == "estimated_customer_ltv" and row["n"]:
            assert row["mean"] == pytest.approx(amount)
