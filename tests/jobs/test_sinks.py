"""Report files arrive whole wherever they go: a folder, a storage of fsspec, a file system of Hadoop."""

from __future__ import annotations

import json
import os
import stat
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import fsspec
import pytest

from jobs.definition import load_definition
from jobs.engines import Engine
from jobs.errors import InfrastructureError, UsageError
from jobs.report import existing_languages
from jobs.run import RunOptions, run
from jobs.sinks import Sink, report_place, sink_for
from jobs.sinks.hadoop import HadoopStorage
from jobs.sinks.local import LocalSink
from jobs.sinks.object_store import FsspecStorage
from jobs.sinks.remote import RemoteSink

KINDS = (
    "local",
    "memory",
    "fsspec_file",
    pytest.param("hadoop", marks=pytest.mark.spark_only(reason="Hadoop's file systems live in Spark's JVM")),
)
Made = tuple[Sink, str]


@pytest.fixture(params=KINDS)
def made(request: pytest.FixtureRequest, tmp_path: Path, engine_name: str) -> Iterator[Made]:
    """A sink and the URI of an empty place."""
    if request.param == "local":
        yield LocalSink(str(tmp_path)), str(tmp_path)
    elif request.param == "memory":
        place = f"memory://{uuid.uuid4().hex}"
        yield RemoteSink(FsspecStorage(place)), place
        fsspec.filesystem("memory").store.clear()
    elif request.param == "fsspec_file":
        yield RemoteSink(FsspecStorage(tmp_path.as_uri())), tmp_path.as_uri()
    else:
        spark = request.getfixturevalue("spark")
        assert HadoopStorage.speaks(spark, "file")
        yield RemoteSink(HadoopStorage(spark, f"file:{tmp_path}")), f"file:{tmp_path}"


def write(sink: Sink, folder: str, files: dict[str, str]) -> None:
    with sink.staged(folder) as place:
        for path, text in files.items():
            (place / path).parent.mkdir(parents=True, exist_ok=True)
            (place / path).write_text(text, "utf-8")


def content(sink: Sink, folder: str) -> dict[str, str]:
    return {path: (sink.read(f"{folder}/{path}") or b"").decode() for path in sink.sizes(folder)}


FIRST = {"report.en.md": "one", "charts/a b.en.svg": "图", "manifest.json": "{}"}
SECOND = {"report.en.md": "two", "report.zh.md": "二", "manifest.json": "{ }"}


def test_a_folder_arrives_with_all_its_files_and_nothing_beside_it(made: Made) -> None:
    sink, place = made
    write(sink, f"{place}/mine/run 1", FIRST)
    assert content(sink, f"{place}/mine/run 1") == FIRST
    assert sink.sizes(f"{place}/mine") == {f"run 1/{path}": len(text.encode()) for path, text in FIRST.items()}


def test_a_folder_written_again_holds_the_new_files_alone(made: Made) -> None:
    sink, place = made
    for files in (FIRST, SECOND):
        write(sink, f"{place}/mine/run", files)
    assert content(sink, place) == {f"mine/run/{path}": text for path, text in SECOND.items()}


def test_a_report_that_fails_while_it_is_made_leaves_what_was_there(made: Made) -> None:
    sink, place = made
    write(sink, f"{place}/run", FIRST)

    def fail() -> None:
        with sink.staged(f"{place}/run") as folder:
            (folder / "report.en.md").write_text("half", "utf-8")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert content(sink, place) == {f"run/{path}": text for path, text in FIRST.items()}


def test_a_file_that_is_put_replaces_the_one_before(made: Made) -> None:
    sink, place = made
    for text in ("first", "second"):
        sink.put(text.encode(), f"{place}/index.html")
        assert content(sink, place) == {"index.html": text}


def test_what_is_not_there_reads_as_nothing(made: Made) -> None:
    sink, place = made
    assert sink.read(f"{place}/mine/manifest.json") is None
    assert sink.sizes(f"{place}/mine") == {}
    assert existing_languages(sink, f"{place}/mine") == []


def test_a_language_counts_when_the_manifest_lists_it_and_all_its_files_are_there(made: Made) -> None:
    sink, place = made
    files = {"report.en.md": "one", "charts/a.en.svg": "x", "report.zh.md": "一", "figures.json": "[]"}
    listed = [{"path": path, "bytes": len(text.encode())} for path, text in files.items()]
    manifest = json.dumps({"languages": ["en", "zh"], "files": listed})
    write(sink, f"{place}/a", {**files, "manifest.json": manifest})
    assert existing_languages(sink, f"{place}/a") == ["en", "zh"]
    write(sink, f"{place}/b", {**files, "charts/a.en.svg": "longer", "manifest.json": manifest})
    assert existing_languages(sink, f"{place}/b") == ["zh"]
    write(sink, f"{place}/c", files)
    assert existing_languages(sink, f"{place}/c") == []


class _Breaking(FsspecStorage):
    """A storage in memory that notes its moves and fails where it is told to."""

    def __init__(self, uri: str, fails: Callable[[str, str], bool]) -> None:
        super().__init__(uri)
        self.moved: list[str] = []
        self._fails = fails

    def upload(self, local: Path, uri: str) -> None:
        if self._fails("upload", uri):
            raise ConnectionError("key=secret refused")
        super().upload(local, uri)

    def move(self, source: str, target: str) -> None:
        if self._fails("move", target):
            raise ConnectionError("key=secret refused")
        super().move(source, target)
        self.moved.append(target.rpartition("/")[2])


@pytest.fixture
def memory() -> Iterator[str]:
    yield f"memory://{uuid.uuid4().hex}"
    fsspec.filesystem("memory").store.clear()


def test_the_manifest_is_moved_last(memory: str) -> None:
    storage = _Breaking(memory, lambda *_: False)
    write(RemoteSink(storage), f"{memory}/run", {"manifest.json": "{}", "z.svg": "z", "a.md": "a"})
    assert storage.moved == ["a.md", "z.svg", "manifest.json"]


@pytest.mark.parametrize(("step", "left"), [("upload", FIRST), ("move", FIRST | {"report.en.md": "two"})])
def test_a_storage_that_fails_keeps_the_old_manifest_and_is_one_line_without_its_message(
    memory: str, step: str, left: dict[str, str]
) -> None:
    write(RemoteSink(FsspecStorage(memory)), f"{memory}/run", FIRST)
    sink = RemoteSink(_Breaking(memory, lambda doing, uri: doing == step and uri.endswith("report.zh.md")))
    with pytest.raises(
        InfrastructureError, match=r"cannot be written to memory://.*/run \(ConnectionError\)"
    ) as raised:
        write(sink, f"{memory}/run", SECOND)
    assert "secret" not in raised.value.line()
    assert content(sink, memory) == {f"run/{path}": text for path, text in left.items()}


def test_a_folder_that_cannot_be_replaced_is_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sink, folder = LocalSink(str(tmp_path)), str(tmp_path / "run")
    write(sink, folder, FIRST)
    rename = Path.rename

    def refuse(self: Path, target: Path) -> Path:
        if self.name.startswith(".run.") and ".old-" not in self.name:
            raise OSError(28, "No space left on device")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", refuse)
    with pytest.raises(InfrastructureError, match="No space left"):
        write(sink, folder, SECOND)
    assert content(sink, str(tmp_path)) == {f"run/{path}": text for path, text in FIRST.items()}


# ---- which sink ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "place"),
    [
        pytest.param("/data/a/../reports/", "/data/reports", id="folder"),
        pytest.param("file:///data/my%20reports", "/data/my reports", id="file_uri"),
        pytest.param("file:/data/reports", "/data/reports", id="short_file_uri"),
        pytest.param("/Volumes/main/crm/reports", "/Volumes/main/crm/reports", id="mounted_volume"),
        pytest.param("s3://bucket/reports/", "s3://bucket/reports", id="object_store"),
        pytest.param("abfss://box@account.dfs.example/r", "abfss://box@account.dfs.example/r", id="account"),
        pytest.param("dbfs:/reports", "dbfs:/reports", id="without_authority"),
    ],
)
def test_reports_go_to_an_absolute_folder_or_a_uri(given: str, place: str) -> None:
    assert report_place(given) == place


def test_a_relative_folder_becomes_absolute_also_with_a_dot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert report_place("reports.old") == str(tmp_path / "reports.old")


def test_a_folder_takes_the_local_sink_and_a_scheme_of_fsspec_that_one(engine: Engine, tmp_path: Path) -> None:
    assert isinstance(sink_for(engine.spark, str(tmp_path)), LocalSink)
    remote: Any = sink_for(engine.spark, "memory://reports")
    assert isinstance(remote._storage, FsspecStorage)


@pytest.mark.spark_only(reason="Hadoop's file systems live in Spark's JVM")
def test_hadoop_takes_the_schemes_it_knows_where_a_jvm_is_there(engine: Engine) -> None:
    assert HadoopStorage.speaks(engine.spark, "hdfs")
    assert not HadoopStorage.speaks(engine.spark, "memory")


@pytest.mark.parametrize(
    ("place", "said"),
    [
        pytest.param("nowhere://reports", "neither Hadoop nor fsspec here can write to this scheme", id="scheme"),
        pytest.param("gs://bucket/reports", "a Python package that writes there is not installed", id="package"),
    ],
)
def test_a_scheme_nobody_can_write_to_is_told_before_anything_is_read(
    engine: Engine, tmp_path: Path, place: str, said: str
) -> None:
    options = RunOptions(lake=str(tmp_path / "no_lake"), results=str(tmp_path / "results"), reports=place)
    with pytest.raises(UsageError, match=said) as raised:
        run(engine, [load_definition("win_back")], options)
    assert raised.value.exit_code == 2
    assert "\n" not in raised.value.line()
    assert list(tmp_path.iterdir()) == []


def test_a_file_where_the_folder_should_be_is_told_too(engine: Engine, tmp_path: Path) -> None:
    (tmp_path / "reports").write_text("mine", "utf-8")
    with pytest.raises(UsageError, match="reports is a file"):
        sink_for(engine.spark, str(tmp_path / "reports" / "deeper"))


def test_reports_are_not_for_others(tmp_path: Path) -> None:
    sink = LocalSink(str(tmp_path / "reports"))
    before = os.umask(0o002)
    try:
        write(sink, f"{tmp_path}/reports/mine/run", FIRST)
        sink.put(b"x", f"{tmp_path}/reports/index.html")
    finally:
        os.umask(before)
    modes = {path.relative_to(tmp_path).as_posix(): stat.S_IMODE(path.stat().st_mode) for path in tmp_path.rglob("*")}
    folders = ("reports", "reports/mine", "reports/mine/run", "reports/mine/run/charts")
    assert {modes.pop(name) for name in folders} == {0o750}
    assert set(modes.values()) == {0o640}
    assert len(modes) == len(FIRST) + 1


def test_the_umask_may_take_more_from_a_report(tmp_path: Path) -> None:
    before = os.umask(0o077)
    try:
        write(LocalSink(str(tmp_path)), f"{tmp_path}/run", FIRST)
    finally:
        os.umask(before)
    assert {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.rglob("*")} == {0o700, 0o600}


def test_a_folder_that_is_there_keeps_its_mode(tmp_path: Path) -> None:
    (tmp_path / "reports").mkdir(mode=0o755)
    write(LocalSink(str(tmp_path / "reports")), f"{tmp_path}/reports/run", FIRST)
    assert stat.S_IMODE((tmp_path / "reports").stat().st_mode) == 0o755
