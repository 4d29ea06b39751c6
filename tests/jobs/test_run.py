"""The main job: what is published when, what a rerun does, and what a failure leaves behind."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import fsspec
import pytest
from pyspark.sql import DataFrame

from jobs.definition import Definition, Empty, MeasureModel, ProfileSection, Sections, load_definition
from jobs.engines import Engine
from jobs.errors import AuditError, ConflictError
from jobs.generate import generate
from jobs.headlines import headline
from jobs.inputs import read_inputs
from jobs.lake import Lake
from jobs.publications.pointer import Publication
from jobs.results import ResultStore, published
from jobs.run import Outcome, RunOptions, run
from jobs.run_identity import code_version, run_id
from tests.oracle.compare import assert_tables_equal
from transforms.input_tables import ACTIVITY, TABLES, VALUE

SECRET = "a-key-for-the-tests-only"


def small(analysis: str = "conversion_behaviour") -> Definition:
    """The shipped cohort with few sections: a run of it costs half."""
    measures = [MeasureModel(column="monetary_score", unit="score_1_5")]
    sections = Sections(
        cohort_profile=ProfileSection(measures=measures), tier_ltv=Empty(), channels=None, platforms=Empty()
    )
    shipped = load_definition("conversion_behaviour")
    return shipped.model_copy(
        update={"analysis": analysis, "sections": sections, "recommend": None, "languages": ["en"]}
    )


@pytest.fixture(scope="module", autouse=True)
def key() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CUSTOMER360_HMAC_KEY", SECRET)
        yield


@pytest.fixture(scope="module")
def lake(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = str(tmp_path_factory.mktemp("run") / "lake")
    generate(engine.spark, lake=folder, shape="scale", customers=200, seed=7)
    return folder


def options_at(folder: Path, lake: str, **more: Any) -> RunOptions:
    return RunOptions(lake=lake, results=str(folder / "results"), reports=str(folder / "reports"), **more)


@pytest.fixture(scope="module")
def once(engine: Engine, lake: str, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Outcome]:
    """One run, published; tests that write work on a copy of its results."""
    folder = tmp_path_factory.mktemp("once")
    (outcome,) = run(engine, [small()], options_at(folder, lake))
    return folder, outcome


@pytest.fixture
def place(once: tuple[Path, Outcome], tmp_path: Path) -> Path:
    shutil.copytree(once[0] / "results", tmp_path / "results")
    return tmp_path


def pointer(engine: Engine, place: Path, analysis: str = "conversion_behaviour") -> Publication | None:
    return ResultStore(engine, Lake.at(str(place / "results"))).publication(analysis)


def events(engine: Engine, place: Path, analysis: str = "conversion_behaviour") -> list[dict[str, Any]]:
    frame = Lake.at(str(place / "results")).read(engine.spark, "runs")
    rows = [row.asDict(recursive=True) for row in frame.collect()]
    return sorted((row for row in rows if row["analysis"] == analysis), key=lambda row: row["at"])


def without_identity(rows: Mapping[str, Sequence[Mapping[str, Any]]]) -> dict[str, list[dict[str, Any]]]:
    return {
        table: [{name: value for name, value in row.items() if name != "attempt_id"} for row in found]
        for table, found in rows.items()
        if table != "runs"
    }


def leftovers(engine: Engine) -> list[Any]:
    """What `materialise` stored and nobody released."""
    return list(engine._scratch.iterdir())  # type: ignore[attr-defined]


def test_a_first_run_publishes_generation_one_and_says_so(engine: Engine, once: tuple[Path, Outcome]) -> None:
    folder, outcome = once
    current = pointer(engine, folder)
    assert outcome.published_now
    assert current is not None
    assert (current.generation, current.run_id, current.report_uri) == (1, outcome.run_id, outcome.report_uri)
    assert headline(outcome).splitlines()[-1] == f"  published; report: {outcome.report_uri}"
    assert (Path(outcome.report_uri) / "report.en.md").is_file()


def test_runs_tells_when_it_started_and_how_it_succeeded(engine: Engine, once: tuple[Path, Outcome], lake: str) -> None:
    folder, outcome = once
    started, succeeded = events(engine, folder)
    assert (started["event"], succeeded["event"]) == ("started", "succeeded")
    assert started["seconds"] is None
    assert succeeded["seconds"] > 0
    assert succeeded["at"] > started["at"]
    inputs = read_inputs(engine, Lake.at(lake))
    attrition = {row["step"]: row["n_remaining"] for row in outcome.rows["attrition"]}
    assert (succeeded["n_customers"], succeeded["n_cohort"]) == (200, attrition[3])
    assert 0 < attrition[3] < 100
    for event in (started, succeeded):
        assert event["definition"] == small().canonical()
        assert event["definition_digest"] == small().digest()
        assert event["code_version"] == code_version()
        assert event["engine"] == engine.name
        assert event["source_ids"] == inputs.source_ids()
        assert event["source_versions"] == inputs.source_versions()
        assert event["error"] is None
        assert event["run_id"] == outcome.run_id


def test_a_finished_run_leaves_nothing_in_the_engine(engine: Engine, once: tuple[Path, Outcome]) -> None:
    assert leftovers(engine) == []


def test_a_definition_without_shares_is_described(once: tuple[Path, Outcome]) -> None:
    described = {(row["group_name"], row["measure"]): row["n"] for row in once[1].rows["measures"]}
    assert described["population", "monetary_score"] > described["cohort", "monetary_score"] > 0


def test_running_again_publishes_nothing_new_and_says_so(
    engine: Engine, once: tuple[Path, Outcome], place: Path, lake: str
) -> None:
    before, n_events = pointer(engine, place), len(events(engine, place))
    (again,) = run(engine, [small()], options_at(place, lake))
    assert not again.published_now
    assert headline(again).splitlines()[-1].startswith("  nothing new: already published; report: ")
    assert pointer(engine, place) == before
    assert len(events(engine, place)) == n_events
    assert without_identity(again.rows) == without_identity(once[1].rows)
    store = ResultStore(engine, Lake.at(str(place / "results")))
    assert store.lake.read(engine.spark, "attrition").count() == len(again.rows["attrition"])


def test_missing_languages_and_reports_are_rendered_from_the_published_rows(
    engine: Engine, lake: str, tmp_path: Path
) -> None:
    (first,) = run(engine, [small()], options_at(tmp_path, lake, languages=("en",)))
    folder, before = Path(first.report_uri), pointer(engine, tmp_path)
    assert not (folder / "report.zh.md").exists()
    (again,) = run(engine, [small()], options_at(tmp_path, lake, languages=("zh",)))
    assert {path.name for path in folder.glob("report.*.md")} == {"report.en.md", "report.zh.md"}
    shutil.rmtree(folder)
    run(engine, [small()], options_at(tmp_path, lake, languages=("en",)))
    assert (folder / "report.en.md").is_file()
    assert [path.name for path in folder.parent.iterdir()] == [folder.name]
    assert not again.published_now
    assert pointer(engine, tmp_path) == before
    assert len(events(engine, tmp_path)) == 2


def test_reports_go_to_a_storage_and_what_is_missing_there_is_rendered_again(
    engine: Engine, lake: str, tmp_path: Path
) -> None:
    storage = fsspec.filesystem("memory")
    options = RunOptions(lake=lake, results=str(tmp_path / "results"), reports="memory://board/reports/")
    (first,) = run(engine, [small()], options)
    assert first.report_uri.startswith("memory://board/reports/conversion_behaviour/")
    folder = first.report_uri.removeprefix("memory:/")
    whole = {path: storage.cat_file(path) for path in storage.find("/board/reports")}
    manifest = json.loads(whole[f"{folder}/manifest.json"])
    digests = {file["path"]: file["sha256"] for file in manifest["files"]}
    inside = {path.removeprefix(f"{folder}/"): content for path, content in whole.items() if path.startswith(folder)}
    del inside["manifest.json"]
    assert {path: hashlib.sha256(content).hexdigest() for path, content in inside.items()} == digests
    assert set(whole) == {f"{folder}/{path}" for path in (*digests, "manifest.json")} | {"/board/reports/index.html"}
    assert (
        f"conversion_behaviour/{folder.rpartition('/')[2]}/report.en.html"
        in whole["/board/reports/index.html"].decode()
    )
    storage.rm_file(f"{folder}/report.en.html")
    (again,) = run(engine, [small()], options)
    assert not again.published_now
    assert {path: storage.cat_file(path) for path in storage.find("/board/reports")} == whole
    storage.rm("/board", recursive=True)


def test_force_publishes_the_next_generation_with_equal_rows(
    engine: Engine, once: tuple[Path, Outcome], place: Path, lake: str
) -> None:
    first = pointer(engine, place)
    (forced,) = run(engine, [small()], options_at(place, lake, force=True))
    second = pointer(engine, place)
    assert first is not None
    assert second is not None
    assert forced.published_now
    assert (second.generation, second.run_id) == (first.generation + 1, first.run_id)
    assert second.attempt_id != first.attempt_id
    assert second.report_uri != first.report_uri
    without_members = {table: rows for table, rows in forced.rows.items() if table != "runs"}
    keys = {table: tuple(rows[0]) for table, rows in without_members.items() if rows and table in _COMPARED}
    assert set(keys) == {"measures", "comparisons", "attrition", "method_sensitivity", "crosstabs", "correlations"}
    assert_tables_equal(forced.rows, once[1].rows, keys={table: _COMPARED[table] for table in keys})
    assert [row["event"] for row in events(engine, place)] == ["started", "succeeded"] * 2


_COMPARED = {
    "measures": ("section", "group_name", "measure"),
    "comparisons": ("section", "stratum", "measure", "group_a", "group_b"),
    "attrition": ("step",),
    "method_sensitivity": ("method",),
    "crosstabs": ("section", "group_name", "row_dimension", "row_value", "column_dimension", "column_value"),
    "correlations": ("section", "group_name", "x", "y"),
}


def test_an_older_publication_stays_readable_by_its_attempt(
    engine: Engine, once: tuple[Path, Outcome], place: Path, lake: str
) -> None:
    before = pointer(engine, place)
    assert before is not None
    run(engine, [small().model_copy(update={"minimum_group": 7})], options_at(place, lake))
    store = ResultStore(engine, Lake.at(str(place / "results")))
    old = store.staged_rows("conversion_behaviour", before.attempt_id)
    assert without_identity(old) == without_identity(once[1].rows)
    visible = published(engine.spark, str(place / "results"), "attrition")
    assert visible.filter(visible["attempt_id"] == before.attempt_id).count() == 0
    assert visible.count() == len(old["attrition"])


def test_another_definition_is_another_run(engine: Engine, lake: str) -> None:
    inputs = read_inputs(engine, Lake.at(lake))
    base = small()
    ids = [
        run_id(definition, inputs)
        for definition in (
            base,
            base.model_copy(update={"minimum_group": 6}),
            base.model_copy(update={"cohort": base.cohort[:2]}),
            base.model_copy(update={"analysis": "another"}),
        )
    ]
    assert len(set(ids)) == 4
    assert run_id(small(), read_inputs(engine, Lake.at(lake))) == ids[0]


def test_another_version_or_another_table_of_the_same_name_is_another_run(
    engine: Engine, lake: str, tmp_path: Path
) -> None:
    shutil.copytree(lake, tmp_path / "lake")
    copy = Lake.at(str(tmp_path / "lake"))
    original = run_id(small(), read_inputs(engine, copy))
    assert original == run_id(small(), read_inputs(engine, Lake.at(lake)))
    rows = copy.read(engine.spark, VALUE)
    copy.save(rows.limit(1), VALUE, mode="append")
    appended = run_id(small(), read_inputs(engine, copy))
    shutil.rmtree(tmp_path / "lake" / VALUE)
    copy.save(Lake.at(lake).read(engine.spark, VALUE), VALUE)
    made_again = read_inputs(engine, copy)
    assert made_again.source_versions()[VALUE] == 0
    assert len({original, appended, run_id(small(), made_again)}) == 3


def test_rows_that_arrive_after_pinning_are_not_read(engine: Engine, lake: str, tmp_path: Path) -> None:
    shutil.copytree(lake, tmp_path / "lake")
    copy = Lake.at(str(tmp_path / "lake"))
    inputs = read_inputs(engine, copy)
    before = inputs.rows["activity"].count()
    copy.save(copy.read(engine.spark, ACTIVITY).limit(10), ACTIVITY, mode="append")
    assert copy.read(engine.spark, ACTIVITY).count() == before + 10
    assert inputs.rows["activity"].count() == before
    assert inputs.source_versions()[ACTIVITY] + 1 == read_inputs(engine, copy).source_versions()[ACTIVITY]


def test_rows_that_arrive_during_a_run_are_not_read(
    engine: Engine, lake: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(lake, tmp_path / "lake")
    copy = Lake.at(str(tmp_path / "lake"))
    real = ResultStore.append

    def emptied_by_another_writer(store: ResultStore, table: str, rows: Any) -> None:
        real(store, table, rows)
        if table == "runs" and rows[0]["event"] == "started":
            for role in ("activity", "funnel", "value"):
                copy.save(copy.read(engine.spark, TABLES[role].name).limit(0), TABLES[role].name)

    monkeypatch.setattr(ResultStore, "append", emptied_by_another_writer)
    (outcome,) = run(engine, [small()], options_at(tmp_path, str(tmp_path / "lake")))
    assert copy.read(engine.spark, ACTIVITY).count() == 0
    assert {row["n_remaining"] for row in outcome.rows["attrition"] if row["step"] == 0} == {200}


def loses_a_row(table: str, monkeypatch: pytest.MonkeyPatch, analysis: str = "conversion_behaviour") -> None:
    """Let staging lose one row of one table, as a broken writer would."""
    if table == "cohort_members":
        real_members = ResultStore.append_members

        def append_members(store: ResultStore, parts: Sequence[tuple[Mapping[str, str], DataFrame]]) -> None:
            real_members(store, [(identity, frame.limit(frame.count() - 1)) for identity, frame in parts])

        monkeypatch.setattr(ResultStore, "append_members", append_members)
        return
    real_all = ResultStore.append_all

    def append_all(store: ResultStore, tables: Mapping[str, Sequence[Mapping[str, Any]]]) -> None:
        mine = [row for row in tables[table] if row["analysis"] == analysis]
        real_all(store, {**tables, table: [row for row in tables[table] if row is not mine[0]]})

    monkeypatch.setattr(ResultStore, "append_all", append_all)


@pytest.mark.parametrize("table", ["measures", "cohort_members"])
def test_the_audit_refuses_to_publish_when_a_staged_row_is_lost(
    table: str, engine: Engine, place: Path, lake: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = pointer(engine, place)
    loses_a_row(table, monkeypatch)
    with pytest.raises(AuditError, match=table) as raised:
        run(engine, [small()], options_at(place, lake, force=True))
    assert raised.value.exit_code == 7
    assert pointer(engine, place) == before
    last = events(engine, place)[-1]
    assert last["event"] == "failed"
    assert last["error"] == raised.value.line()
    assert last["error"].startswith("C360-AUDIT exit=7: ")
    assert before is not None
    assert last["attempt_id"] != before.attempt_id
    visible = published(engine.spark, str(place / "results"), "measures")
    assert {row["attempt_id"] for row in visible.select("attempt_id").collect()} == {before.attempt_id}
    assert not list(place.glob("reports/*/*"))
    assert leftovers(engine) == []


def test_the_audit_refuses_cells_that_do_not_add_up(
    engine: Engine, lake: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = ResultStore.append_all

    def append_all(store: ResultStore, tables: Mapping[str, Sequence[Mapping[str, Any]]]) -> None:
        first, *rest = tables["crosstabs"]
        real(store, {**tables, "crosstabs": [{**first, "n": first["n"] + 1}, *rest]})

    monkeypatch.setattr(ResultStore, "append_all", append_all)
    with pytest.raises(AuditError, match=r"crosstabs platforms/.* add up to"):
        run(engine, [small()], options_at(tmp_path, lake))
    assert pointer(engine, tmp_path) is None


def test_an_unexpected_failure_is_recorded_without_its_values_and_publishes_nothing(
    engine: Engine, place: Path, lake: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> None:
        engine.materialise(engine.spark.range(3), "left_behind")
        raise ValueError("row of someone@example.com")

    before = pointer(engine, place)
    monkeypatch.setattr("jobs.analyses.compute", broken)
    with pytest.raises(ValueError, match="someone"):
        run(engine, [small()], options_at(place, lake, force=True))
    started, failed = events(engine, place)[-2:]
    assert (started["event"], failed["event"]) == ("started", "failed")
    assert failed["error"] == "ValueError"
    assert failed["seconds"] > 0
    assert pointer(engine, place) == before
    assert leftovers(engine) == []


def test_of_two_runs_at_once_the_second_fails_and_the_first_stays(
    engine: Engine, place: Path, lake: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    rival = Publication(
        analysis="conversion_behaviour",
        run_id="rival",
        attempt_id="rival",
        generation=2,
        published_at=events(engine, place)[0]["at"],
        report_uri="nowhere",
    )

    def publishes_first(*_: Any) -> None:
        ResultStore(engine, Lake.at(str(place / "results"))).publish(rival, expected_generation=1)

    monkeypatch.setattr("jobs.attempt.render", publishes_first)
    with pytest.raises(ConflictError, match="another run published") as raised:
        run(engine, [small()], options_at(place, lake, force=True))
    assert raised.value.exit_code == 5
    current = pointer(engine, place)
    assert current is not None
    assert (current.attempt_id, current.generation) == ("rival", 2)
    assert events(engine, place)[-1]["error"].startswith("C360-CONFLICT exit=5: ")


def test_an_analysis_that_fails_does_not_take_along_the_one_published_before_it(
    engine: Engine, lake: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loses_a_row("measures", monkeypatch, analysis="second_one")
    with pytest.raises(AuditError):
        run(engine, [small("first_one"), small("second_one")], options_at(tmp_path, lake))
    assert pointer(engine, tmp_path, "first_one") is not None
    assert pointer(engine, tmp_path, "second_one") is None
    assert [row["event"] for row in events(engine, tmp_path, "first_one")] == ["started", "succeeded"]
    assert [row["event"] for row in events(engine, tmp_path, "second_one")] == ["started", "failed"]
    visible = published(engine.spark, str(tmp_path / "results"), "attrition")
    assert {row["analysis"] for row in visible.select("analysis").collect()} == {"first_one"}
    # both were staged by one commit per table, after those that made the table and its constraint
    version = engine.table_version(str(tmp_path / "results" / "attrition"))
    assert version is not None
    assert version.version == 2


def test_a_report_that_cannot_be_drawn_is_not_published(
    engine: Engine, place: Path, lake: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> None:
        raise ValueError("no picture of someone@example.com")

    before = pointer(engine, place)
    monkeypatch.setattr("jobs.reporting.charts.drawing.save", broken)
    with pytest.raises(ValueError, match="no picture"):
        run(engine, [small()], options_at(place, lake, force=True))
    assert pointer(engine, place) == before
    assert events(engine, place)[-1]["error"] == "ValueError"
    assert not list(place.glob("reports/*/*"))
