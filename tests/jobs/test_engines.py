"""What jobs ask of an engine, on the engine that the suite runs on."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from pyspark.sql import functions as F

from jobs.engines import Engine, apache_spark, choice, scratch, start_engine
from jobs.engines.apache_spark import _output_to
from jobs.engines.spark_scratch import SparkScratch
from jobs.engines.table_names import sql_name
from jobs.errors import InfrastructureError, InputError, UsageError
from jobs.lake import Lake


def test_an_unknown_engine_is_named_with_the_nearest() -> None:
    with pytest.raises(UsageError, match="unknown engine 'sprak'; expected one of spark, embedded; nearest: 'spark'"):
        start_engine("sprak")


@pytest.mark.parametrize(
    ("installed", "places", "connect", "managed", "expected"),
    [
        pytest.param("pysail delta", ["/lake"], None, "", "embedded", id="both installed"),
        pytest.param("pysail", ["/lake", "/results"], None, "", "embedded", id="only embedded"),
        pytest.param("delta", ["/lake"], None, "", "spark", id="only Spark"),
        pytest.param("pysail delta", ["/lake", "main.sales"], None, "", "spark", id="a catalog"),
        pytest.param("pysail delta", ["/my lake"], None, "", "spark", id="a blank in the path"),
        pytest.param("pysail delta", ["s3://lake"], None, "", "spark", id="a URI"),
        pytest.param("pysail", ["main.sales"], None, "", "embedded", id="which then refuses in its own words"),
        pytest.param("pysail delta", ["/lake"], "sc://host:15002", "", "spark", id="a server is named"),
        pytest.param("pysail delta", ["/lake"], None, "DATABRICKS_RUNTIME_VERSION", "spark", id="a session is given"),
    ],
)
def test_the_engine_is_chosen_by_what_is_there(
    monkeypatch: pytest.MonkeyPatch,
    installed: str,
    places: list[str],
    connect: str | None,
    managed: str,
    expected: str,
) -> None:
    monkeypatch.setattr(choice, "find_spec", lambda name: name if name in installed.split() else None)
    for name in ("PYSPARK_GATEWAY_PORT", "SPARK_REMOTE", "DATABRICKS_RUNTIME_VERSION"):
        monkeypatch.delenv(name, raising=False)
    if managed:
        monkeypatch.setenv(managed, "17")
    name, reason = choice.choose_engine(places, connect)
    assert name == expected
    assert reason


def test_without_any_engine_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(choice, "find_spec", lambda _: None)
    with pytest.raises(UsageError, match="no engine is installed"):
        choice.choose_engine(["/lake"])


def test_the_session_is_in_utc(engine: Engine) -> None:
    assert engine.spark.conf.get("spark.sql.session.timeZone") == "UTC"
    shown = engine.spark.sql("SELECT cast(timestamp_seconds(0) AS string) AS at").collect()[0]["at"]
    assert shown == "1970-01-01 00:00:00"


def test_a_table_keeps_its_id_and_counts_its_versions(engine: Engine, tmp_path: Path) -> None:
    lake = Lake.at(str(tmp_path / "lake"))
    lake.save(engine.spark.range(1), "t")
    first = engine.table_version(lake.target("t"))
    lake.save(engine.spark.range(1), "t", mode="append")
    second = engine.table_version(lake.target("t"))
    shutil.rmtree(lake.target("t"))
    lake.save(engine.spark.range(1), "t")
    made_again = engine.table_version(lake.target("t"))
    assert first is not None
    assert second is not None
    assert made_again is not None
    assert (first.version, second.version, made_again.version) == (0, 1, 0)
    assert second.table_id == first.table_id
    assert made_again.table_id != first.table_id


def test_nothing_and_an_empty_folder_are_no_table(engine: Engine, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert engine.table_version(str(tmp_path / "absent")) is None
    assert engine.table_version(str(tmp_path / "empty")) is None


def test_a_folder_of_parquet_files_is_refused(engine: Engine, tmp_path: Path) -> None:
    engine.spark.range(3).write.parquet(str(tmp_path / "t"))
    with pytest.raises(InputError, match="Delta table") as raised:
        engine.table_version(str(tmp_path / "t"))
    assert "\n" not in raised.value.line()


def test_the_embedded_engine_refuses_a_catalog_name(engine: Engine) -> None:
    if engine.name == "spark":
        pytest.skip("Apache Spark has catalogs")
    with pytest.raises(UsageError, match=r"'main\.crm\.t' is a catalog name"):
        engine.table_version("main.crm.t")


def test_a_materialised_frame_is_computed_once(engine: Engine) -> None:
    frame = engine.materialise(engine.spark.range(1).select(F.current_timestamp().alias("at")), "now")
    try:
        assert frame.collect() == frame.collect()
    finally:
        engine.release()


def test_a_materialised_empty_frame_keeps_its_columns(engine: Engine) -> None:
    empty = engine.spark.createDataFrame([], "a int, b string, c map<string,bigint>")
    frame = engine.materialise(empty, "nobody")
    try:
        assert frame.dtypes == [("a", "int"), ("b", "string"), ("c", "map<string,bigint>")]
        assert frame.count() == 0
    finally:
        engine.release()


def test_an_engine_deletes_its_scratch_files(engine: Engine) -> None:
    engine.materialise(engine.spark.range(3), "three")
    (path,) = engine._scratch.iterdir()  # type: ignore[attr-defined]
    assert list(path.glob("*.parquet"))
    engine.release()
    assert list(engine._scratch.iterdir()) == []  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("target", "name"),
    [
        ("/data/lake/t", "delta.`/data/lake/t`"),
        ("s3a://bucket/t", "delta.`s3a://bucket/t`"),
        ("/data/a`b/t", "delta.`/data/a``b/t`"),
        ("main.crm.t", "`main`.`crm`.`t`"),
    ],
)
def test_sql_names_paths_and_catalog_tables(target: str, name: str) -> None:
    assert sql_name(target) == name


@pytest.mark.parametrize("folder", ["my lake", "客户", "50%", "a#b", "a[1]", "a?", "a*"])
def test_the_embedded_engine_refuses_a_folder_that_it_would_rename(folder: str, engine: Engine, tmp_path: Path) -> None:
    if engine.name == "spark":
        pytest.skip("Apache Spark writes where it is told")
    with pytest.raises(UsageError, match="the embedded engine cannot use") as raised:
        engine.table_version(str(tmp_path / folder / "t"))
    assert "--engine spark" in raised.value.line()


@pytest.mark.parametrize("folder", ["a+b", "a&b=c", "a'b", "a@b", "a,b;c", "(a)", "$a!", "~a^b|c", "a.b-c_d"])
def test_a_folder_of_other_signs_holds_what_is_written_to_it(folder: str, engine: Engine, tmp_path: Path) -> None:
    lake = Lake.at(str(tmp_path / folder))
    lake.save(engine.spark.range(3), "t")
    assert engine.table_version(lake.target("t")) is not None
    assert lake.read(engine.spark, "t").count() == 3


def test_an_address_where_no_spark_connect_server_answers_is_an_error_of_infrastructure(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(apache_spark, "_CONNECT_SECONDS", 1)
    with pytest.raises(
        InfrastructureError, match=r"no Spark Connect server answers at sc://127\.0\.0\.1:1/ "
    ) as raised:
        start_engine("spark", connect="sc://127.0.0.1:1/;token=hidden")
    assert "hidden" not in raised.value.line()


def test_what_is_no_address_of_a_server_is_refused() -> None:
    with pytest.raises(UsageError, match="'http://host' is no address of a Spark Connect server"):
        start_engine("spark", connect="http://host;token=hidden")


def test_the_embedded_engine_is_no_server() -> None:
    with pytest.raises(UsageError, match="--connect names a Spark server"):
        start_engine("embedded", connect="sc://host")


class _Serverless:
    """What serverless compute of Databricks says; none can be had here."""

    def set(self, key: str, value: str) -> None:
        raise RuntimeError(f"[CONFIG_NOT_AVAILABLE] Configuration {key} is not available.")

    def persist(self) -> None:
        raise RuntimeError("[NOT_SUPPORTED_WITH_SERVERLESS] PERSIST TABLE is not supported on serverless compute.")


def test_a_session_may_keep_its_settings_and_store_nothing() -> None:
    engine = object.__new__(apache_spark.ApacheSparkEngine)
    refusing: Any = _Serverless()
    engine.spark = SimpleNamespace(conf=refusing)  # type: ignore[assignment]
    engine._stored = SparkScratch(engine.spark, None, engine._delete)
    engine._set("spark.sql.sources.default", "delta")
    assert engine.materialise(refusing, "view") is refusing


def test_any_other_refusal_of_a_setting_is_an_error() -> None:
    class Broken:
        def set(self, key: str, value: str) -> None:
            raise RuntimeError("gone")

    engine = object.__new__(apache_spark.ApacheSparkEngine)
    engine.spark = SimpleNamespace(conf=Broken())  # type: ignore[assignment]
    with pytest.raises(InfrastructureError, match=r"refuses the setting spark\.sql\.ansi\.enabled"):
        engine._set("spark.sql.ansi.enabled", "true")


def test_a_scratch_table_has_a_name_that_every_catalog_takes() -> None:
    first, second = (scratch.table_name("customers_win_back-previous") for _ in range(2))
    assert first != second
    assert re.fullmatch(r"customer360_scratch_[0-9a-f]{32}_customers_win_back_previous", first)


def test_scratch_that_a_cluster_left_beside_its_results_is_abandoned_when_it_is_old(tmp_path: Path) -> None:
    old, young = (Path(scratch.shared_folder(str(tmp_path))) for _ in range(2))
    for folder in (old, young):
        folder.mkdir(parents=True)
    os.utime(old, (0, 0))
    assert list(scratch.abandoned_below(str(tmp_path), 24)) == [old]


def test_a_given_session_gets_every_setting_that_results_depend_on(monkeypatch: pytest.MonkeyPatch) -> None:
    hostile = {
        "spark.sql.session.timeZone": "Asia/Tokyo",
        "spark.sql.ansi.enabled": "false",
        "spark.sql.sources.default": "parquet",
        "spark.sql.caseSensitive": "true",
        "spark.sql.files.ignoreMissingFiles": "true",
        "spark.sql.files.ignoreCorruptFiles": "true",
    }
    session = SimpleNamespace(conf=SimpleNamespace(set=hostile.__setitem__))
    monkeypatch.setattr(apache_spark, "is_managed", lambda: True)
    monkeypatch.setattr(apache_spark.ApacheSparkEngine, "_given_session", lambda _: session)
    apache_spark.ApacheSparkEngine({})
    assert hostile == {
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.ansi.enabled": "true",
        "spark.sql.sources.default": "delta",
        "spark.sql.caseSensitive": "false",
        "spark.sql.files.ignoreMissingFiles": "false",
        "spark.sql.files.ignoreCorruptFiles": "false",
        "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
    }


def test_a_process_started_for_the_engine_prints_into_a_file(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    log = tmp_path / "log"
    with _output_to(log):
        subprocess.run(["sh", "-c", "echo out; echo err >&2"], check=True)
    print("after")
    assert log.read_text("utf-8").splitlines() == ["out", "err"]
    assert capfd.readouterr() == ("after\n", "")


def test_files_that_no_version_needs_are_vacuumed_at_once_where_asked(engine: Engine, tmp_path: Path) -> None:
    """What the runbook asks for to erase a customer; Delta refuses less than a week unless told otherwise."""
    lake = Lake.at(str(tmp_path))
    for value in (1, 2):
        lake.save(engine.spark.createDataFrame([(value,)], "value int"), "table")
    files = {path.name for path in (tmp_path / "table").glob("*.parquet")}
    engine.vacuum(lake.target("table"), 0)
    left = {path.name for path in (tmp_path / "table").glob("*.parquet")}
    assert left < files
    assert [row["value"] for row in lake.read(engine.spark, "table").collect()] == [2]


def test_the_settings_of_the_session_are_as_before_after_a_vacuum(engine: Engine, tmp_path: Path) -> None:
    lake = Lake.at(str(tmp_path))
    lake.save(engine.spark.createDataFrame([(1,)], "value int"), "table")
    names = ("spark.databricks.delta.retentionDurationCheck.enabled",
             "spark.sql.sources.parallelPartitionDiscovery.parallelism")  # fmt: skip
    before = [engine.spark.conf.get(name, None) for name in names]
    engine.vacuum(lake.target("table"), 0)
    assert [engine.spark.conf.get(name, None) for name in names] == before
