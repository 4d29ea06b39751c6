"""Where tables lie, and that a pinned table stays as it was."""

from __future__ import annotations

from pathlib import Path

import pytest

from jobs.engines import Engine
from jobs.lake import Lake, pin


@pytest.mark.parametrize(
    ("place", "base", "is_catalog"),
    [
        pytest.param("main.crm", "main.crm", True, id="schema"),
        pytest.param("prod.main.crm", "prod.main.crm", True, id="catalog_and_schema"),
        pytest.param("s3a://bucket/lake/", "s3a://bucket/lake", False, id="uri"),
        pytest.param("dbfs:/lake", "dbfs:/lake", False, id="dbfs"),
        pytest.param("/data/lake/", "/data/lake", False, id="absolute_folder"),
        pytest.param("/data/a/../lake", "/data/lake", False, id="folder_with_dots"),
    ],
)
def test_a_place_is_a_catalog_a_uri_or_a_folder(place: str, base: str, is_catalog: bool) -> None:
    assert Lake.at(place) == Lake(base, is_catalog=is_catalog)


@pytest.mark.parametrize("place", ["lake", "./main.crm", "data/main.crm"])
def test_a_relative_folder_becomes_absolute(place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert Lake.at(place) == Lake(str((tmp_path / place).resolve()), is_catalog=False)


def test_a_folder_that_exists_wins_over_a_catalog_of_that_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "main.crm").mkdir()
    assert Lake.at("main.crm") == Lake(str(tmp_path / "main.crm"), is_catalog=False)


def test_the_home_folder_is_expanded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert Lake.at("~/lake").base == str(tmp_path / "lake")


def test_a_table_is_a_folder_below_or_a_name_in_the_schema() -> None:
    assert Lake.at("/data/lake").target("t") == "/data/lake/t"
    assert Lake.at("s3a://bucket/lake/").target("t") == "s3a://bucket/lake/t"
    assert Lake.at("main.crm").target("t") == "main.crm.t"


def test_a_table_is_read_as_it_is_now_or_as_of_a_version(engine: Engine, tmp_path: Path) -> None:
    lake = Lake.at(str(tmp_path / "lake"))
    for count in (3, 5):
        lake.save(engine.spark.range(count), "t")
    lake.save(engine.spark.range(1), "t", mode="append")
    counts = [lake.read(engine.spark, "t", version).count() for version in (0, 1, 2, None)]
    assert counts == [3, 5, 6, 6]


def test_a_pinned_table_does_not_follow_other_writers(engine: Engine, tmp_path: Path) -> None:
    lake = Lake.at(str(tmp_path / "lake"))
    lake.save(engine.spark.range(3), "t")
    pinned = pin(engine, lake, "activity", "t")
    assert pinned is not None
    lake.save(engine.spark.range(10), "t", mode="append")
    assert pinned.frame.count() == 3
    assert (pinned.role, pinned.name, pinned.label) == ("activity", "t", "t@v0")
    lake.save(engine.spark.range(1), "t")
    assert pinned.frame.count() == 3


def test_an_absent_table_is_not_pinned(engine: Engine, tmp_path: Path) -> None:
    assert pin(engine, Lake.at(str(tmp_path)), "activity", "t") is None
