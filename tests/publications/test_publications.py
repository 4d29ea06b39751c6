"""What is kept of what was published: history, differences, rollback, cleaning, members."""

from __future__ import annotations

import csv
import datetime as dt
import os
import shutil
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from jobs.definition import Definition, Empty, MeasureModel, ProfileSection, Sections, load_definition
from jobs.engines import Engine
from jobs.errors import InputError, UsageError
from jobs.generate import generate
from jobs.lake import Lake
from jobs.publications.clean import clean
from jobs.publications.diff import diff
from jobs.publications.history import history
from jobs.publications.kept import kept_of
from jobs.publications.members import export_members
from jobs.publications.rollback import rollback
from jobs.results import ResultStore, published
from jobs.run import Outcome, RunOptions, run
from transforms.input_tables import ACTIVITY, VALUE
from transforms.result_tables import STAGED

pytestmark = pytest.mark.usefixtures("no_pictures")

ANALYSIS = "conversion_behaviour"


def small(analysis: str = ANALYSIS) -> Definition:
    measures = [MeasureModel(column="monetary_score", unit="score_1_5")]
    sections = Sections(cohort_profile=ProfileSection(measures=measures), channels=None, tier_ltv=Empty())
    changed = {"analysis": analysis, "sections": sections, "recommend": None, "languages": ["en"]}
    return load_definition(ANALYSIS).model_copy(update=changed)


class Place:
    """A lake, and what was published of it."""

    def __init__(self, engine: Engine, folder: Path) -> None:
        self.engine = engine
        self.folder = folder
        self.lake = str(folder / "lake")
        self.results = str(folder / "results")
        self.store = ResultStore(engine, Lake.at(self.results))

    def run(self, *definitions: Definition, keep: int = 3, as_of: dt.datetime | None = None) -> list[Outcome]:
        options = RunOptions(
            lake=self.lake, results=self.results, reports=str(self.folder / "reports"), keep=keep, as_of=as_of
        )
        return run(self.engine, definitions or [small()], options)

    def drop_customers(self, customers: int) -> None:
        """Append nothing, keep fewer rows: another version of the base table."""
        lake = Lake.at(self.lake)
        rows = lake.read(self.engine.spark, ACTIVITY)
        lake.save(rows.filter(rows.marketo_lead_id % 7 != customers % 7), ACTIVITY)

    def rows_of(self, attempt: str) -> int:
        tables = [name for name in STAGED if self.store.exists(name)]
        return sum(self.store.staged(name, ANALYSIS, attempt).count() for name in tables)

    def shown(self) -> str:
        (row,) = published(self.engine.spark, self.results, "attrition").filter("step = 0").collect()
        return str(row.attempt_id)


@pytest.fixture(scope="module", autouse=True)
def key() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CUSTOMER360_HMAC_KEY", "a-key-for-the-tests-only")
        yield


@pytest.fixture(scope="module")
def original(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Place:
    """Three publications of three states of a lake."""
    place = Place(engine, tmp_path_factory.mktemp("kept"))
    generate(engine.spark, lake=place.lake, shape="scale", customers=300, seed=7)
    place.run()
    for number in (1, 2):
        place.drop_customers(number)
        place.run()
    return place


@pytest.fixture
def place(original: Place, tmp_path: Path) -> Place:
    """A copy that a test may change."""
    shutil.copytree(original.folder, tmp_path, dirs_exist_ok=True)
    return Place(original.engine, tmp_path)


def test_history_lists_the_kept_publications_the_newest_first(original: Place) -> None:
    head, *lines = history(original.engine, original.results, ANALYSIS).splitlines()
    assert head.split()[:2] == ["generation", "run"]
    assert [line.split()[0] for line in lines] == ["3", "2", "1"]
    customers = [int(line.split()[4]) for line in lines]
    assert customers == sorted(customers)
    assert len(set(customers)) == 3


def test_an_analysis_never_published_is_named_with_the_nearest(original: Place) -> None:
    with pytest.raises(InputError, match=f"conversion_behavior.*nearest: '{ANALYSIS}'"):
        history(original.engine, original.results, "conversion_behavior")


def test_no_more_publications_are_kept_than_asked_for(place: Place) -> None:
    place.drop_customers(3)
    place.run(keep=2)
    assert [one.generation for one in kept_of(place.store, ANALYSIS)] == [4, 3]


def test_the_difference_of_two_publications_is_told_in_the_words_of_a_report(original: Place) -> None:
    newest, _, oldest = kept_of(original.store, ANALYSIS)
    text = diff(original.engine, original.results, oldest.run_id[:8], str(newest.generation))
    counts = {
        one.run_id: original.store.staged("attrition", ANALYSIS, one.attempt_id).filter("step = 0").first().n_remaining
        for one in (newest, oldest)
    }
    (line,) = (line for line in text.splitlines() if line.startswith("| All customers"))
    cells = [cell.strip() for cell in line.strip("|").split("|")]
    assert (cells[1], cells[-1]) == (str(counts[oldest.run_id]), str(counts[newest.run_id]))
    assert oldest.run_id in text


def test_a_publication_that_is_not_kept_is_refused(original: Place) -> None:
    with pytest.raises(UsageError, match="no kept publication 'zzz'; kept are"):
        diff(original.engine, original.results, "zzz", "3")


def test_a_rollback_shows_the_publication_before_and_can_be_rolled_back(place: Place) -> None:
    newest, middle, oldest = kept_of(place.store, ANALYSIS)
    again = rollback(place.engine, place.results, ANALYSIS, None)
    assert (again.generation, again.attempt_id, again.report_uri) == (4, middle.attempt_id, middle.report_uri)
    assert place.shown() == middle.attempt_id
    assert [one.attempt_id for one in kept_of(place.store, ANALYSIS)] == [
        middle.attempt_id,
        newest.attempt_id,
        oldest.attempt_id,
    ]
    rollback(place.engine, place.results, ANALYSIS, newest.run_id)
    assert place.shown() == newest.attempt_id


def test_without_an_earlier_publication_there_is_no_rollback(place: Place) -> None:
    place.run(small("another"))
    with pytest.raises(UsageError, match="'another' has no publication before generation 1"):
        rollback(place.engine, place.results, "another", None)


def test_cleaning_removes_what_is_not_kept_and_nothing_else(place: Place) -> None:
    everything = kept_of(place.store, ANALYSIS)
    before = {one.attempt_id: place.rows_of(one.attempt_id) for one in everything}
    place.drop_customers(3)
    place.run(keep=2)
    kept = kept_of(place.store, ANALYSIS)
    gone = set(before) - {one.attempt_id for one in kept}
    reports = place.folder / "reports" / ANALYSIS
    named = {one.attempt_id: Path(one.report_uri).name for one in [*kept, *everything]}
    (reports / f".{named[min(gone)]}.0123abcd").mkdir()
    (reports / "of-other-results").mkdir()
    found = clean(place.engine, place.results, older_than_hours=0, vacuum_hours=0)
    assert found.attempts == len(gone) == 2
    assert not {named[attempt] for attempt in gone} & {path.name for path in reports.iterdir()}
    assert {named[one.attempt_id] for one in kept} | {"of-other-results"} == {path.name for path in reports.iterdir()}
    assert {attempt: place.rows_of(attempt) for attempt in gone} == dict.fromkeys(gone, 0)
    assert place.rows_of(kept[1].attempt_id) == before[kept[1].attempt_id] > 0
    assert place.shown() == kept[0].attempt_id
    files = list(Path(place.results).rglob("*.parquet"))
    clean(place.engine, place.results, older_than_hours=0, vacuum_hours=0)
    assert list(Path(place.results).rglob("*.parquet")) == files


def test_what_is_young_may_still_run_and_stays(place: Place) -> None:
    place.drop_customers(3)
    place.run(keep=1)
    found = clean(place.engine, place.results, older_than_hours=24, vacuum_hours=168)
    assert (found.attempts, found.reports) == (0, 0)


def test_scratch_of_dead_processes_is_removed_and_that_of_living_ones_stays(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    old = time.time() - 48 * 3600
    names = {
        f"customer360-scratch-{ended.pid}-abc": False,
        f"customer360-scratch-{os.getpid()}-abc": True,
        "customer360-scratch-withoutnumber": False,
        "customer360-other": True,
    }
    for name in names:
        (tmp_path / name).mkdir()
        if name.endswith("withoutnumber"):
            os.utime(tmp_path / name, (old, old))
    clean(place.engine, place.results, older_than_hours=0)
    assert {name: (tmp_path / name).exists() for name in names} == names


def read_csv(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_members_are_exported_with_their_ids_as_of_the_run(original: Place, tmp_path: Path) -> None:
    newest = kept_of(original.store, ANALYSIS)[0]
    keys = {row.customer_key for row in original.store.staged("cohort_members", ANALYSIS, newest.attempt_id).collect()}
    place = {"lake": original.lake, "results": original.results, "alert": None}
    out = tmp_path / "deep" / "members.csv"
    n = export_members(original.engine, ANALYSIS, out=str(out), with_email=False, **place)
    rows = read_csv(out)
    assert n == len(rows) == len(keys) > 0
    assert {row["customer_key"] for row in rows} == keys
    values = [float(row["estimated_customer_ltv"] or "-inf") for row in rows]
    assert values == sorted(values, reverse=True)
    assert "email" not in rows[0]
    assert "@" not in out.read_text("utf-8")
    assert any(row["marketo_lead_id"] for row in rows)
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    assert [path.name for path in out.parent.iterdir()] == ["members.csv"]
    named = tmp_path / "named.csv"
    export_members(original.engine, ANALYSIS, out=str(named), with_email=True, **place)
    assert all("@" in row["email"] for row in read_csv(named))


def test_an_existing_file_and_another_key_are_refused(
    original: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "members.csv"
    place = {"lake": original.lake, "results": original.results, "alert": None, "with_email": False}
    out.write_text("mine")
    with pytest.raises(UsageError, match="exists"):
        export_members(original.engine, ANALYSIS, out=str(out), **place)
    assert out.read_text() == "mine"
    monkeypatch.setenv("CUSTOMER360_HMAC_KEY", "another-key-for-the-tests")
    with pytest.raises(UsageError, match="under another key"):
        export_members(original.engine, ANALYSIS, out=str(tmp_path / "other.csv"), **place)


def test_members_of_a_replaced_table_are_refused(place: Place, tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    Lake.at(str(kept)).save(Lake.at(place.lake).read(place.engine.spark, ACTIVITY), ACTIVITY)
    shutil.rmtree(Path(place.lake) / ACTIVITY)
    for _ in range(3):
        Lake.at(place.lake).save(Lake.at(str(kept)).read(place.engine.spark, ACTIVITY), ACTIVITY)
    out = str(tmp_path / "members.csv")
    with pytest.raises(InputError, match="replaced by another of the same name"):
        export_members(
            place.engine, ANALYSIS, lake=place.lake, results=place.results, out=out, alert=None, with_email=False
        )


def test_as_of_reads_the_versions_of_that_moment_and_is_the_same_run(place: Place) -> None:
    moment = dt.datetime.now(dt.UTC)
    time.sleep(0.01)
    before = place.run(as_of=moment)[0]
    place.drop_customers(4)
    lake = Lake.at(place.lake)
    lake.save(lake.read(place.engine.spark, VALUE).limit(250), VALUE)
    assert place.run(as_of=moment)[0].run_id == before.run_id
    assert place.run()[0].run_id != before.run_id
    with pytest.raises(InputError, match="has no version committed at or before 2001-01-01 00:00:00 UTC"):
        place.run(as_of=dt.datetime(2001, 1, 1, tzinfo=dt.UTC))
