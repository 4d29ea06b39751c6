"""The gate of a run: what an error keeps from being published, and what a warning leaves behind."""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from jobs.contracts.loading import load_contracts
from jobs.contracts.model import Contract, Contracts
from jobs.definition import Definition
from jobs.engines import Engine
from jobs.errors import QualityError
from jobs.inputs import PinnedInputs
from jobs.lake import Lake
from jobs.results import ResultStore
from jobs.run import Outcome, RunOptions, run
from jobs.run_identity import run_id
from tests.jobs.small_lake import customers, definition_of, write
from transforms.input_tables import TABLES
from transforms.result_tables import STAGED

pytestmark = pytest.mark.usefixtures("no_pictures")

VALUE = TABLES["value"].name
NOON = dt.datetime(2026, 3, 10, 12, tzinfo=dt.UTC)


@pytest.fixture(scope="module", autouse=True)
def key() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CUSTOMER360_HMAC_KEY", "a-key-for-the-tests-only")
        yield


def small() -> Definition:
    return definition_of(
        cohort=[{"column": "recency_score", "operator": ">=", "value": 3}],
        sections={"cohort_profile": {"measures": [{"column": "churn_probability", "unit": "share"}]}},
    )


def rows(n: int, churn: float = 0.5, at: dt.datetime | None = None) -> list[dict[str, Any]]:
    one = {"recency_score": 4, "churn_probability": churn, "customer_tier": "Gold", "analysis_timestamp": at}
    return customers(*[one] * n)


def options(folder: Path, **more: Any) -> RunOptions:
    places = {name: str(folder / name) for name in ("lake", "results", "reports")}
    return RunOptions(**places, **more)


def replace(folder: Path, *arguments: Any) -> None:
    shutil.rmtree(folder / "lake", ignore_errors=True)
    write(folder / "lake", "value", rows(*arguments))


def contracts(folder: Path, text: str) -> dict[str, Contract]:
    (folder / "contracts").mkdir(exist_ok=True)
    (folder / "contracts" / "value.yml").write_text(f"contract: value\n{text}")
    return load_contracts(str(folder / "contracts"))


@pytest.fixture(scope="module")
def published(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Outcome]:
    folder = tmp_path_factory.mktemp("published")
    replace(folder, 40)
    (outcome,) = run(engine, [small()], options(folder))
    return folder, outcome


@pytest.fixture
def place(published: tuple[Path, Outcome], tmp_path: Path) -> Path:
    shutil.copytree(published[0], tmp_path / "place")
    return tmp_path / "place"


def state(engine: Engine, folder: Path) -> tuple[Any, dict[str, int]]:
    """The pointer, and how many rows the result tables hold."""
    store = ResultStore(engine, Lake.at(str(folder / "results")))
    counts = {table: store.lake.read(engine.spark, table).count() for table in STAGED}
    return store.publication("small"), counts


def events(engine: Engine, folder: Path) -> list[tuple[str, str | None]]:
    frame = Lake.at(str(folder / "results")).read(engine.spark, "runs")
    found = sorted(frame.collect(), key=lambda row: row["at"])
    return [(row["event"], row["error"]) for row in found]


def test_a_table_that_lost_nearly_all_its_rows_is_not_published_and_readers_keep_what_they_had(
    engine: Engine, place: Path
) -> None:
    before, reports = state(engine, place), sorted(place.rglob("report.*.html"))
    replace(place, 3)
    with pytest.raises(QualityError) as caught:
        run(engine, [small()], options(place))
    error = caught.value
    assert (error.exit_code, error.error_id) == (4, "C360-QUALITY")
    assert str(error) == f"{VALUE}: drop of rows since the last publication: 92.5%, allowed 90%"
    assert state(engine, place) == before
    assert sorted(place.rglob("report.*.html")) == reports
    assert [name for name, _ in events(engine, place)] == ["started", "succeeded", "started", "failed"]
    assert events(engine, place)[-1][1] == error.line()
    # the limits are the user's: with wider ones the same lake is published
    (outcome,) = run(engine, [small()], options(place, contracts=contracts(place, "")))
    assert outcome.published_now


def test_all_rules_that_fail_are_named_in_one_line(engine: Engine, tmp_path: Path) -> None:
    replace(tmp_path, 4, 7.0)
    folder = contracts(
        tmp_path,
        "ranges:\n  - {column: churn_probability, maximum: 1, severity: error}\n"
        "values:\n  - {column: customer_tier, allowed: [Basic], severity: error}\n"
        "rows:\n  - {minimum: 5, severity: warning}\n",
    )
    with pytest.raises(QualityError) as caught:
        run(engine, [small()], options(tmp_path, contracts=folder))
    assert str(caught.value) == (
        f"{VALUE} column 'churn_probability': at most 1: not so in 100% of the rows, allowed 0% | "
        f"{VALUE} column 'customer_tier': allowed values: another one in 100% of the rows, allowed 0%"
    )
    assert "Gold" not in caught.value.line()


def test_a_failed_warning_is_published_with_the_rows_it_is_about(engine: Engine, place: Path) -> None:
    replace(place, 40, 7.0)
    (outcome,) = run(engine, [small()], options(place))
    assert outcome.published_now
    (found,) = (
        row for row in outcome.rows["quality"] if row["check_name"].startswith("contract") and not row["passed"]
    )
    assert (found["check_name"], found["severity"], found["observed"], found["expected"], found["touches_measure"]) == (
        *("contract_range", "warning", 1.0, "0", "churn_probability"),
    )
    counted = [row["observed"] for row in outcome.rows["quality"] if row["check_name"] == "contract_rows"]
    assert counted == [40.0]


def ids(engine: Engine, folder: Path, as_of: dt.datetime | None = None, contracts: Contracts | None = None) -> str:
    inputs = PinnedInputs(engine, Lake.at(str(folder / "lake")), contracts=contracts or load_contracts())
    return run_id(small(), inputs.of(small()), as_of)


def test_contracts_are_part_of_what_makes_a_run(engine: Engine, place: Path) -> None:
    assert ids(engine, place) == ids(engine, place)
    other = contracts(place, "rows:\n  - {minimum: 1, severity: info}\n")
    assert ids(engine, place, contracts=other) != ids(engine, place)


def test_the_moment_is_part_of_a_run_only_where_an_age_is_limited(engine: Engine, place: Path) -> None:
    moments = [None, dt.datetime(2026, 3, 1, tzinfo=dt.UTC), dt.datetime(2026, 3, 2, tzinfo=dt.UTC)]
    assert len({ids(engine, place, at) for at in moments}) == 1
    dated = contracts(place, "snapshot:\n  - {maximum_age_days: 1, severity: error}\n")
    assert len({ids(engine, place, at, dated) for at in moments}) == 3


def test_without_a_moment_the_newest_commit_tells_the_age(engine: Engine, tmp_path: Path) -> None:
    now = dt.datetime.now(dt.UTC)
    dated = contracts(tmp_path, "snapshot:\n  - {maximum_age_days: 2, severity: error}\n")
    replace(tmp_path, 3, 0.5, now - dt.timedelta(days=3))
    with pytest.raises(QualityError, match=r"age of snapshots: the newest is 3 days old, allowed 2"):
        run(engine, [small()], options(tmp_path, contracts=dated))
    replace(tmp_path, 3, 0.5, now - dt.timedelta(days=1))
    (outcome,) = run(engine, [small()], options(tmp_path, contracts=dated, as_of=now + dt.timedelta(hours=1)))
    (found,) = (row for row in outcome.rows["quality"] if row["check_name"] == "contract_freshness")
    assert found["observed"] == pytest.approx(1 + 1 / 24)


def test_the_engine_knows_when_a_version_was_committed(engine: Engine, tmp_path: Path) -> None:
    before = dt.datetime.now(dt.UTC) - dt.timedelta(seconds=1)
    write(tmp_path, "value", rows(1))
    found = engine.commit_time(str(tmp_path / VALUE), 0)
    assert found is not None
    assert before <= found <= dt.datetime.now(dt.UTC)
    assert engine.commit_time(str(tmp_path / VALUE), 7) is None
