"""The same lake in other file layouts, partitionings and row orders gives the same results."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.definition import load_definition
from jobs.engines import Engine
from jobs.generate import generate
from jobs.lake import Lake
from jobs.results import published
from jobs.run import RunOptions, run
from tests.oracle.compare import CONTRACT, KEYS, assert_tables_equal
from transforms.input_tables import TABLES

pytestmark = pytest.mark.usefixtures("no_pictures")

ANALYSIS = "special_conversion"
# columns without empty text, which a partition folder cannot tell from null
_PARTITIONED_BY = {"activity": "in_marketo", "funnel": "reached_support", "value": "recency_score"}

Tables = dict[str, list[Mapping[str, Any]]]


def _by_hash(frame: DataFrame, *, backwards: bool = False) -> DataFrame:
    order = F.xxhash64(*(F.col(name).cast("string") for name in frame.columns))
    return frame.orderBy(order.desc() if backwards else order)


def shuffled_in_seven_files(lake: Lake, role: str, frame: DataFrame) -> None:
    lake.save(_by_hash(frame).repartition(7), TABLES[role].name)


def sorted_in_partition_folders(lake: Lake, role: str, frame: DataFrame) -> None:
    writer = _by_hash(frame, backwards=True).coalesce(1).write.format("delta").mode("overwrite")
    if role in _PARTITIONED_BY:
        writer = writer.partitionBy(_PARTITIONED_BY[role])
    writer.save(lake.target(TABLES[role].name))


def appended_in_two_commits(lake: Lake, role: str, frame: DataFrame) -> None:
    is_late = F.xxhash64(*(F.col(name).cast("string") for name in frame.columns)) % 2 == 0
    for part in (frame.filter(is_late), frame.filter(~is_late)):
        lake.save(part, TABLES[role].name, mode="append")


LAYOUTS: tuple[Callable[[Lake, str, DataFrame], None], ...] = (
    shuffled_in_seven_files,
    sorted_in_partition_folders,
    appended_in_two_commits,
)


@pytest.fixture(scope="module")
def original(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("layouts") / "lake"
    generate(engine.spark, lake=str(folder), shape="first", customers=250, seed=11, giants=False, mapping=True)
    return folder


def results_of(engine: Engine, lake: Path, place: Path) -> Tables:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CUSTOMER360_HMAC_KEY", "a-key-for-the-tests-only")
        options = RunOptions(
            lake=str(lake), results=str(place / "results"), reports=str(place / "reports"), languages=("en",)
        )
        run(engine, [load_definition(ANALYSIS)], options)
    tables: Tables = {}
    for table in KEYS:
        rows = published(engine.spark, str(place / "results"), table).collect()
        tables[table] = [{name: row[name] for name in CONTRACT[table]} for row in rows]
    return tables


@pytest.fixture(scope="module")
def expected(engine: Engine, original: Path, tmp_path_factory: pytest.TempPathFactory) -> Tables:
    return results_of(engine, original, tmp_path_factory.mktemp("expected"))


def _files(lake: Path, role: str) -> int:
    return len([path for path in (lake / TABLES[role].name).rglob("*.parquet") if "_delta_log" not in path.parts])


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda layout: layout.__name__)
def test_results_do_not_depend_on_how_the_rows_lie(
    layout: Callable[[Lake, str, DataFrame], None], engine: Engine, original: Path, expected: Tables, tmp_path: Path
) -> None:
    source, rewritten = Lake.at(str(original)), Lake.at(str(tmp_path / "lake"))
    for role, table in TABLES.items():
        layout(rewritten, role, source.read(engine.spark, table.name))
    if layout is shuffled_in_seven_files:
        assert _files(tmp_path / "lake", "activity") == 7
    found = results_of(engine, tmp_path / "lake", tmp_path)
    assert len(found["cohort_members"]) > 20
    # nothing was published before, so nothing can have changed
    assert all(found[table] for table in KEYS if table != "changes")
    assert_tables_equal(found, expected)
