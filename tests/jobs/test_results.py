"""The result tables: staged rows, the pointer that makes them visible, and what they never hold."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pyarrow.parquet
import pytest

from jobs.definition import load_definition
from jobs.engines import Engine
from jobs.errors import ConflictError, InputError, UsageError
from jobs.generate import generate
from jobs.lake import Lake
from jobs.publications.pointer import Publication
from jobs.results import ResultStore, published, published_or_error
from jobs.run import RunOptions, run
from jobs.secret_key import SecretKey
from transforms import result_tables
from transforms.input_tables import TABLES

pytestmark = pytest.mark.usefixtures("no_pictures")

SECRETS = ("a-key-for-the-tests-only", "another-key-for-the-tests")


@pytest.fixture
def store(engine: Engine, tmp_path: Path) -> ResultStore:
    return ResultStore(engine, Lake.at(str(tmp_path / "results")))


def publication(attempt_id: str, generation: int, analysis: str = "a") -> Publication:
    return Publication(
        analysis=analysis,
        run_id="r",
        attempt_id=attempt_id,
        generation=generation,
        published_at=dt.datetime(2025, 9, 20, 12, tzinfo=dt.UTC),
        report_uri=f"reports/{attempt_id}",
    )


def step(attempt_id: str, number: int, analysis: str = "a") -> dict[str, Any]:
    return {"run_id": "r", "attempt_id": attempt_id, "analysis": analysis, "step": number, "n_remaining": 9}


def test_appended_rows_may_leave_columns_out(store: ResultStore, engine: Engine) -> None:
    store.append("attrition", [step("x", 0)])
    store.append("attrition", [{**step("x", 1), "predicate": "p", "n_remaining": 3, "statistic_value": 0.5}])
    frame = store.lake.read(engine.spark, "attrition")
    assert frame.columns == result_tables.columns("attrition")
    rows = sorted(tuple(row) for row in frame.drop("run_id", "attempt_id", "analysis").collect())
    assert rows == [(0, None, 9, None, None), (1, "p", 3, None, 0.5)]


def test_nothing_to_append_creates_the_table_once_and_then_writes_nothing(store: ResultStore, engine: Engine) -> None:
    target = store.lake.target("strategies")
    assert not store.exists("strategies")
    store.append("strategies", [])
    created = engine.table_version(target)
    store.append("strategies", [])
    assert store.exists("strategies")
    assert engine.table_version(target) == created
    frame = store.lake.read(engine.spark, "strategies")
    assert (frame.columns, frame.count()) == (result_tables.columns("strategies"), 0)


def test_nothing_is_published_in_an_empty_folder(store: ResultStore) -> None:
    assert store.publication("a") is None
    with pytest.raises(InputError, match="nothing is published for analysis 'a'") as raised:
        published_or_error(store, "a")
    assert raised.value.exit_code == 3


def test_the_pointer_moves_from_the_expected_generation_only(store: ResultStore) -> None:
    store.publish(publication("first", 1), expected_generation=0)
    store.publish(publication("second", 2), expected_generation=1)
    store.publish(publication("other", 1, analysis="b"), expected_generation=0)
    for late in (publication("late", 1), publication("late", 2)):
        with pytest.raises(ConflictError, match="another run published analysis 'a' first") as raised:
            store.publish(late, expected_generation=late.generation - 1)
        assert raised.value.exit_code == 5
    current = store.publication("a")
    assert current is not None
    assert (current.attempt_id, current.generation, current.report_uri) == ("second", 2, "reports/second")
    other = store.publication("b")
    assert other is not None
    assert other.attempt_id == "other"


@pytest.mark.parametrize("exists", [False, True], ids=["first_publication", "next_publication"])
def test_of_publishers_at_the_same_moment_exactly_one_wins(store: ResultStore, exists: bool) -> None:
    if exists:
        store.publish(publication("before", 1), expected_generation=0)
    generation = 2 if exists else 1

    def publish(attempt_id: str) -> str | None:
        try:
            store.publish(publication(attempt_id, generation), expected_generation=generation - 1)
        except ConflictError:
            return None
        return attempt_id

    with ThreadPoolExecutor(3) as pool:
        winners = [name for name in pool.map(publish, ("x", "y", "z")) if name]
    current = store.publication("a")
    assert current is not None
    assert winners == [current.attempt_id]
    assert current.generation == generation


def test_a_pointer_table_that_another_run_creates_at_the_same_moment_is_used(
    store: ResultStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = ResultStore.append

    def comes_second(self: ResultStore, table: str, rows: Sequence[Mapping[str, Any]]) -> None:
        real(self, table, rows)
        raise RuntimeError("the table was created by another writer")

    monkeypatch.setattr(ResultStore, "append", comes_second)
    store.publish(publication("x", 1), expected_generation=0)
    current = store.publication("a")
    assert current is not None
    assert current.attempt_id == "x"


def test_publishers_of_different_analyses_at_the_same_moment_all_win(store: ResultStore) -> None:
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda name: store.publish(publication(name, 1, analysis=name), 0), ("x", "y", "z")))
    found = [store.publication(name) for name in ("x", "y", "z")]
    assert [current.attempt_id if current else None for current in found] == ["x", "y", "z"]


def test_published_shows_the_attempt_of_the_pointer_only(store: ResultStore, engine: Engine) -> None:
    store.append_all({"attrition": [step("old", 0), step("new", 1), step("crashed", 2), step("new", 3, "b")]})
    store.publish(publication("old", 1), expected_generation=0)
    results = store.lake.base

    def visible() -> list[tuple[str, int]]:
        rows = published(engine.spark, results, "attrition").collect()
        return sorted((row["analysis"], row["step"]) for row in rows)

    assert visible() == [("a", 0)]
    store.publish(publication("new", 2), expected_generation=1)
    assert visible() == [("a", 1)]
    store.publish(publication("old", 3), expected_generation=2)
    assert visible() == [("a", 0)]
    assert published(engine.spark, results, "publications").count() == 1


def test_an_unknown_result_table_is_named_with_the_nearest(engine: Engine, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"'measure' is no result table.*nearest: 'measures'"):
        published(engine.spark, str(tmp_path), "measure")


def test_staged_rows_are_those_of_one_attempt_in_a_fixed_order(store: ResultStore) -> None:
    tables = {name: [] for name in (*result_tables.STAGED, "runs") if name != "cohort_members"}
    store.append_all({**tables, "attrition": [step("x", 2), step("x", 0), step("y", 0), step("x", 1, "b")]})
    store.append("attrition", [step("x", 1)])
    found = store.staged_rows("a", "x")
    assert [row["step"] for row in found.pop("attrition")] == [0, 1, 2]
    assert set(found) == set(tables) - {"attrition"}
    assert not any(found.values())


@pytest.fixture(scope="module")
def runs(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Path]]:
    """A lake, and the results of three runs over it: the same key twice, and another key."""
    folder = tmp_path_factory.mktemp("privacy")
    generate(engine.spark, lake=str(folder / "lake"), shape="first", customers=250, seed=7, giants=False)
    places = {}
    for name, secret in (("first", SECRETS[0]), ("again", SECRETS[0]), ("other", SECRETS[1])):
        places[name] = folder / name
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("CUSTOMER360_HMAC_KEY", secret)
            options = RunOptions(
                lake=str(folder / "lake"),
                results=str(folder / name / "results"),
                reports=str(folder / name / "reports"),
                languages=("en",),
            )
            run(engine, [load_definition("high_value_cohort")], options)
    return folder / "lake", places


def members(engine: Engine, place: Path) -> dict[str, dict[str, Any]]:
    rows = published(engine.spark, str(place / "results"), "cohort_members").collect()
    return {row["customer_key"]: row.asDict() for row in rows}


def test_members_are_the_keyed_hashes_of_customers_and_nothing_else(
    engine: Engine, runs: tuple[Path, dict[str, Path]]
) -> None:
    lake, places = runs
    rows = Lake.at(str(lake)).read(engine.spark, TABLES["activity"].name).select("primary_email").collect()
    emails = {row["primary_email"].strip().lower() for row in rows if row["primary_email"]}
    hidden = {hmac.new(SECRETS[0].encode(), email.encode(), hashlib.sha256).hexdigest() for email in emails}
    found = members(engine, places["first"])
    assert len(found) > 20
    assert set(found) <= hidden


def test_members_are_equal_under_one_key_and_incomparable_under_two(
    engine: Engine, runs: tuple[Path, dict[str, Path]]
) -> None:
    first, again, other = (members(engine, runs[1][name]) for name in ("first", "again", "other"))
    assert first.keys() == again.keys()
    assert len(other) == len(first)
    assert not first.keys() & other.keys()
    ids = [{row["key_id"] for row in found.values()} for found in (first, again, other)]
    assert ids == [{SecretKey(secret.encode()).key_id} for secret in (SECRETS[0], SECRETS[0], SECRETS[1])]
    assert ids[0] != ids[2]


def test_no_result_table_holds_an_at_sign_in_rows_or_statistics(runs: tuple[Path, dict[str, Path]]) -> None:
    results = runs[1]["first"] / "results"
    files = sorted(results.rglob("*.parquet"))
    assert {path.relative_to(results).parts[0] for path in files} >= set(result_tables.STAGED) - {"changes"}
    for path in files:
        table = pyarrow.parquet.read_table(path, partitioning=None)
        assert not [row for row in table.to_pylist() if "@" in repr(row)], path.parent.name
    logs = sorted(results.rglob("_delta_log/*.json"))
    assert logs
    assert not [path for path in logs if "@" in path.read_text("utf-8")]


def test_no_report_holds_an_email_or_a_hidden_key(engine: Engine, runs: tuple[Path, dict[str, Path]]) -> None:
    lake, places = runs
    hidden = set(members(engine, places["first"]))
    rows = Lake.at(str(lake)).read(engine.spark, TABLES["activity"].name).select("primary_email").collect()
    emails = {(row["primary_email"] or "").strip().lower() for row in rows} - {""}
    assert emails
    forbidden = hidden | emails
    texts = [path for path in (places["first"] / "reports").rglob("*") if path.suffix in (".md", ".csv", ".json")]
    assert texts
    for path in texts:
        content = path.read_text("utf-8").lower()
        assert not [word for word in forbidden if word in content], path.name


def test_publications_are_ordered_by_generation_whatever_the_clock_says(store: ResultStore) -> None:
    store.publish(publication("first", 1), expected_generation=0)
    earlier = replace(publication("second", 2), published_at=dt.datetime(1999, 1, 1, tzinfo=dt.UTC))
    before = store.publication("a")
    assert before is not None
    store.publish(earlier.after(before, keep=5), expected_generation=1)
    current = store.publication("a")
    assert current is not None
    assert [one.attempt_id for one in current.kept()] == ["second", "first"]


class _LosesTheAnswer:
    """A session whose commit succeeds, after which the connection breaks."""

    def __init__(self, spark: Any) -> None:
        self._spark = spark

    def __getattr__(self, name: str) -> Any:
        return getattr(self._spark, name)

    def sql(self, statement: str) -> Any:
        self._spark.sql(statement).collect()
        raise RuntimeError("connection reset")


def test_a_commit_whose_answer_is_lost_counts(store: ResultStore, engine: Engine) -> None:
    store.publish(publication("first", 1), expected_generation=0)
    losing = SimpleNamespace(spark=_LosesTheAnswer(engine.spark), table_version=engine.table_version)
    ResultStore(losing, store.lake).publish(publication("second", 2), expected_generation=1)  # type: ignore[arg-type]
    current = store.publication("a")
    assert current is not None
    assert current.attempt_id == "second"
    with pytest.raises(RuntimeError, match="connection reset"):
        ResultStore(losing, store.lake).publish(publication("late", 2), expected_generation=1)  # type: ignore[arg-type]


def test_only_ids_of_our_own_are_deleted(store: ResultStore, engine: Engine) -> None:
    store.append_all({"attrition": [step("x", 0), step("y", 0)]})
    store.delete_attempts("attrition", ["z' OR '1'='1", "x"])
    left = store.lake.read(engine.spark, "attrition").select("attempt_id").collect()
    assert [row["attempt_id"] for row in left] == ["y"]
    store.delete_attempts("attrition", ["z' OR '1'='1"])
    assert store.lake.read(engine.spark, "attrition").count() == 1
